/*
 * What the administrator asks: list, show, flush, hold, release, remove,
 * stats.  An answer begins with "ok" or "error WHY", on a line of its own.
 *
 * A list is written as fast as it is read, some messages at a time, so that a
 * queue of any length neither fills our memory nor holds up the mail.  What
 * is shown of a message is read from its record: the last reply of each
 * recipient, the time of its next attempt, and why it waits.
 */
#include "queue/queue_show.h"

#include "lib/log.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define UNREAD    (256u * 1024) /* octets of a list before we wait */
#define BOUND_SEC 60

/* To users who are not root, at a time: to all, and to each. */
#define ANSWERS      16
#define ANSWERS_EACH 4

struct answer {
    struct answer *next;
    uid_t uid;
    struct queue *q;
    struct bufferevent *bev;
    struct selection which;
    bool json, details;
    uint64_t *list; /* still to be shown, from at */
    size_t n, at, shown;
};

static void answer_free(struct answer *a)
{
    struct answer **at = &a->q->answers;

    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    bufferevent_free(a->bev);
    free(a->list);
    free(a);
}

static struct evbuffer *out_of(const struct answer *a)
{
    return bufferevent_get_output(a->bev);
}

/* Some more of the list; frees a at its end, once all is written. */
static void on_written(struct bufferevent *bev, void *arg)
{
    struct answer *a = arg;
    struct evbuffer *out = bufferevent_get_output(bev);

    if (a->at == a->n && evbuffer_get_length(out) == 0) {
        answer_free(a);
        return;
    }
    while (a->at < a->n && evbuffer_get_length(out) < UNREAD) {
        struct message *m = messages_find(&a->q->messages, a->list[a->at++]);

        if (m != NULL && show_selected(a->q, m, &a->which))
            a->shown +=
                show_message(a->q, m, out, a->json, a->details, a->shown > 0);
        if (a->at == a->n)
            evbuffer_add_printf(out, "%s",
                                a->json         ? "\n]\n"
                                : a->shown == 0 ? "nothing is queued\n"
                                                : "");
    }
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (!(what & BEV_EVENT_EOF) || what & BEV_EVENT_WRITING)
        answer_free(arg);
}

static const char *list(struct answer *a)
{
    a->list = messages_list(&a->q->messages);
    a->n = a->q->messages.n;
    evbuffer_add_printf(out_of(a), "ok\n%s", a->json ? "[" : "");
    if (a->n == 0)
        evbuffer_add_printf(out_of(a), "%s",
                            a->json ? "]\n" : "nothing is queued\n");
    return NULL;
}

static const char *show(struct answer *a)
{
    a->details = true;
    if (a->which.id == 0 || messages_find(&a->q->messages, a->which.id) == NULL)
        return "there is no such message";
    a->list = xcalloc(1, sizeof(*a->list));
    a->list[0] = a->which.id;
    a->n = 1;
    evbuffer_add_printf(out_of(a), "ok\n%s", a->json ? "[" : "");
    return NULL;
}

static const char *stats(struct answer *a)
{
    evbuffer_add_printf(out_of(a), "ok\n");
    show_stats(a->q, out_of(a), a->json);
    return NULL;
}

static void flush_rcpt(struct queue *q, struct rcpt *r)
{
    if (r->phase != PHASE_WAITS)
        return;
    r->destination->until = 0;
    queue_wait(q, r, queue_now());
}

static void hold_rcpt(struct queue *q, struct rcpt *r)
{
    queue_take_out(q, r);
}

static void release_rcpt(struct queue *q, struct rcpt *r)
{
    if (r->phase == PHASE_WAITS)
        queue_wait(q, r, r->next);
}

static void remove_rcpt(struct queue *q, struct rcpt *r)
{
    show_append_event(q, r, "removed");
    queue_ended(q, r, false);
}

/*
 * Does something to each recipient that is selected, and not being sent.  A
 * message is held and released as a whole, with whatever else goes elsewhere.
 */
static const char *each(struct answer *a,
                        void (*call)(struct queue *q, struct rcpt *r), int held)
{
    struct queue *q = a->q;
    uint64_t *ids = messages_list(&q->messages);
    size_t n = q->messages.n, touched = 0;

    for (size_t i = 0; i < n; i++) {
        struct message *m = messages_find(&q->messages, ids[i]);

        if (m == NULL || !show_selected(q, m, &a->which))
            continue;
        if (held >= 0 && m->held == (held != 0))
            continue;
        if (held >= 0) {
            m->held = held != 0;
            show_append_held(q, m);
        }
        touched++;
        for (size_t j = 0; j < m->n; j++)
            if (m->rcpts[j].phase != PHASE_ENDED &&
                m->rcpts[j].phase != PHASE_BUSY &&
                (held >= 0 || show_selected_rcpt(&m->rcpts[j], &a->which)))
                call(q, &m->rcpts[j]);
        queue_settle(q, m);
    }
    free(ids);
    queue_wake(q);
    evbuffer_add_printf(out_of(a), "ok\n%s%zu%s\n",
                        a->json ? "{\"messages\": " : "", touched,
                        a->json ? "}" : " messages");
    return NULL;
}

static const char *flush(struct answer *a)
{
    return each(a, flush_rcpt, -1);
}

static const char *hold(struct answer *a)
{
    return each(a, hold_rcpt, 1);
}

static const char *release(struct answer *a)
{
    return each(a, release_rcpt, 0);
}

static const char *remove_messages(struct answer *a)
{
    return each(a, remove_rcpt, -1);
}

static const struct command {
    const char *name;
    bool changes, needs;
    const char *(*run)(struct answer *a);
} commands[] = {
    {"list", false, false, list},
    {"show", false, true, show},
    {"stats", false, false, stats},
    {"flush", true, false, flush},
    {"hold", true, true, hold},
    {"release", true, true, release},
    {"remove", true, true, remove_messages},
};

static const char *obey(struct answer *a, const char *name, const char *what,
                        bool all)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *c = &commands[i];

        if (strcmp(name, c->name) != 0)
            continue;
        if (c->changes && !all)
            return "no permission: only root may change the queue";
        if (c->needs && what[0] == '\0')
            return "name a message, a domain, or all";
        show_select(&a->which, what);
        return c->run(a);
    }
    return "unknown command";
}

/* What anybody may ask must not take our last descriptor or all memory. */
static bool too_many(const struct queue *q, uid_t uid)
{
    unsigned all = 0, own = 0;

    for (const struct answer *a = q->answers; a != NULL; a = a->next) {
        all += a->uid != 0;
        own += a->uid == uid;
    }
    return uid != 0 && (all >= ANSWERS || own >= ANSWERS_EACH);
}

static uid_t who_asks(int fd)
{
    struct ucred who;
    socklen_t len = sizeof(who);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 ? who.uid
                                                                    : (uid_t)-1;
}

void queue_control(struct queue *q, const char *command, int fd, bool all)
{
    static const struct timeval bound = {.tv_sec = BOUND_SEC};
    struct answer *a = xcalloc(1, sizeof(*a));
    char *copy = xstrdup(command), *rest = copy;
    const char *name = strsep(&rest, " "), *wrong;
    bool busy;

    a->q = q;
    a->uid = who_asks(fd);
    busy = too_many(q, a->uid);
    a->next = q->answers;
    q->answers = a;
    evutil_make_socket_nonblocking(fd);
    a->bev = bufferevent_socket_new(q->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (a->bev == NULL)
        fatal(EX_OSERR, "out of memory");
    if (rest != NULL && strncmp(rest, "json", 4) == 0 &&
        (rest[4] == ' ' || rest[4] == '\0')) {
        a->json = true;
        rest = rest[4] == ' ' ? rest + 5 : NULL;
    }
    wrong = busy ? "too much is asked at once: try again later"
                 : obey(a, name, rest != NULL ? rest : "", all);
    if (wrong != NULL)
        evbuffer_add_printf(out_of(a), "error %s\n", wrong);
    free(copy);
    bufferevent_setcb(a->bev, NULL, on_written, on_event, a);
    bufferevent_set_timeouts(a->bev, NULL, &bound);
    bufferevent_enable(a->bev, EV_WRITE);
}
