/*
 * The administrator's connections, see admin.h.
 *
 * A question that goes through many records does so in steps of some
 * milliseconds, and not faster than its answer is read; decisions come in
 * between.  A client that neither reads nor writes for a minute is dropped.
 *
 * The words of a command are apart by spaces, and have %20 and the like for
 * what is special in them.
 */
#include "greylist/admin_parts.h"

#include "lib/log.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <unistd.h>

#define CLIENTS   16
#define IDLE_SEC  60
#define UNWRITTEN (64 * 1024)
#define UNREAD    (64 * 1024)

struct client {
    TAILQ_ENTRY(client) next;
    struct admin *admin;
    struct bufferevent *bev;
    struct event *turn; /* the next step */
    struct question q;
    char line[ADMIN_LINE + 1];
    bool begun;    /* q.state is the verb's */
    bool answered; /* the rest is only to be written */
};

struct admin {
    struct event_base *base;
    struct decider *decider;
    TAILQ_HEAD(, client) clients;
    size_t n;
};

static const struct admin_verb *const verbs[] = {
    &admin_list,  &admin_show, &admin_allow, &admin_forget,
    &admin_stats, &admin_dump, &admin_load,  &admin_attempts};

bool admin_refuse(struct question *q, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(q->why, sizeof(q->why), fmt, ap);
    va_end(ap);
    return false;
}

enum progress admin_fail(struct question *q, const char *why)
{
    admin_refuse(q, "%s", why);
    return ADMIN_FAILED;
}

static void client_free(struct client *c)
{
    TAILQ_REMOVE(&c->admin->clients, c, next);
    c->admin->n--;
    if (c->begun && c->q.verb->end != NULL)
        c->q.verb->end(&c->q);
    else
        free(c->q.state);
    bufferevent_free(c->bev);
    event_free(c->turn);
    free(c);
}

static void refuse(struct client *c)
{
    evbuffer_add_printf(c->q.out, "error %s\n", c->q.why);
    c->answered = true;
}

/* Decodes %XX in place. */
static void decode(char *word)
{
    char *to = word, hex[3] = "";

    for (; *word != '\0'; word++) {
        if (*word == '%' && isxdigit((unsigned char)word[1]) &&
            isxdigit((unsigned char)word[2])) {
            memcpy(hex, word + 1, 2);
            *to++ = (char)strtoul(hex, NULL, 16);
            word += 2;
        } else {
            *to++ = *word;
        }
    }
    *to = '\0';
}

/* "greylist VERB WORD..." */
static bool understand(struct client *c)
{
    struct question *q = &c->q;
    char *save = NULL, *word = strtok_r(c->line, " ", &save);
    const char *verb = strtok_r(NULL, " ", &save);

    if (word == NULL || strcmp(word, "greylist") != 0 || verb == NULL)
        return admin_refuse(q, "no such command");
    while ((word = strtok_r(NULL, " ", &save)) != NULL) {
        if (q->nwords == ADMIN_WORDS)
            return admin_refuse(q, "too many words");
        decode(word);
        q->words[q->nwords++] = word;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i]->name, verb) == 0)
            q->verb = verbs[i];
    if (q->verb == NULL)
        return admin_refuse(q, "no such command: greylist %.40s", verb);
    if (q->nwords < q->verb->min || q->nwords > q->verb->max)
        return admin_refuse(q, "greylist %s: wrong number of words", verb);
    if (memory_store(q->decider->memory) == NULL)
        return admin_refuse(q, "the store cannot be opened; see the log");
    return true;
}

/*
 * Behind all else that is ready by then: event_active(3) would be before.  One
 * that is due already must not be put off.
 */
static void take_turn(struct client *c)
{
    static const struct timeval next = {0, 0};

    if (!event_pending(c->turn, EV_TIMEOUT, NULL))
        event_add(c->turn, &next);
}

static void step(struct client *c)
{
    switch (c->q.verb->step(&c->q)) {
    case ADMIN_MORE:
        if (evbuffer_get_length(c->q.out) < UNWRITTEN)
            take_turn(c);
        break; /* or on_written() goes on */
    case ADMIN_INPUT:
        if (c->q.input_ended)
            take_turn(c);
        else
            bufferevent_enable(c->bev, EV_READ);
        break;
    case ADMIN_DONE:
        evbuffer_add_printf(c->q.out, "end\n");
        c->answered = true;
        break;
    case ADMIN_FAILED:
        refuse(c);
        break;
    }
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct client *c = arg;

    (void)fd, (void)what;
    if (!c->answered)
        step(c);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct client *c = arg;

    (void)bev;
    if (c->answered)
        client_free(c);
    else if (!(bufferevent_get_enabled(c->bev) & EV_READ))
        take_turn(c);
}

static void on_input(struct bufferevent *bev, void *arg)
{
    struct client *c = arg;

    (void)bev;
    if (!c->answered)
        take_turn(c);
}

/* A dump that ends is no error; all else ends the connection. */
static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct client *c = arg;

    if (!(what & BEV_EVENT_EOF) || c->answered) {
        client_free(c);
        return;
    }
    bufferevent_disable(bev, EV_READ);
    c->q.input_ended = true;
    take_turn(c);
}

static struct client *client_new(struct admin *a, int fd)
{
    static const struct timeval idle = {.tv_sec = IDLE_SEC};
    struct client *c = xcalloc(1, sizeof(*c));

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    c->admin = a;
    c->bev = bufferevent_socket_new(a->base, fd, BEV_OPT_CLOSE_ON_FREE);
    c->turn = event_new(a->base, -1, 0, on_turn, c);
    if (c->bev == NULL || c->turn == NULL)
        fatal(EX_OSERR, "out of memory");
    c->q.decider = a->decider;
    c->q.in = bufferevent_get_input(c->bev);
    c->q.out = bufferevent_get_output(c->bev);
    bufferevent_setcb(c->bev, on_input, on_written, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, UNREAD);
    bufferevent_set_timeouts(c->bev, &idle, &idle);
    bufferevent_disable(c->bev, EV_READ);
    bufferevent_enable(c->bev, EV_WRITE);
    TAILQ_INSERT_TAIL(&a->clients, c, next);
    a->n++;
    return c;
}

void admin_open(struct admin *a, int fd, const char *command)
{
    struct client *c;

    if (a->n == CLIENTS) {
        close(fd);
        return;
    }
    c = client_new(a, fd);
    snprintf(c->line, sizeof(c->line), "%s", command);
    c->begun = understand(c) && c->q.verb->begin(&c->q);
    if (!c->begun) {
        refuse(c);
        return;
    }
    evbuffer_add_printf(c->q.out, "ok\n");
    take_turn(c);
}

struct admin *admin_new(struct event_base *base, struct decider *d)
{
    struct admin *a = xcalloc(1, sizeof(*a));

    a->base = base;
    a->decider = d;
    TAILQ_INIT(&a->clients);
    return a;
}

void admin_free(struct admin *a)
{
    if (a == NULL)
        return;
    while (!TAILQ_EMPTY(&a->clients))
        client_free(TAILQ_FIRST(&a->clients));
    free(a);
}
