/*
 * Who may be at the socket for mail of this host, how many, and how long.
 *
 * Every user may open it, so none may have it for himself: sixty-four clients
 * at most, eight of them of one user who is not root, a minute each without a
 * sign of life and ten in all, one message each.  A user's ninth is told so,
 * and tarry-sendmail comes again; the sixty-fifth waits to be let in, and so
 * does everybody while we have no descriptor.
 */
#include "queue/queue_submit.h"

#include "lib/log.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define CLIENTS      64
#define CLIENTS_EACH 8
#define SILENCE_SEC  60
#define BOUND_SEC    600
#define AGAIN_SEC    1 /* when none can be let in */

static bool is_full(const struct queue *q)
{
    unsigned n = 0;

    for (const struct submission *s = q->submissions; s != NULL; s = s->next)
        n++;
    return n >= CLIENTS;
}

static bool has_enough(const struct queue *q, uid_t uid)
{
    unsigned n = 0;

    for (const struct submission *s = q->submissions; s != NULL; s = s->next)
        n += s->who.uid == uid;
    return uid != 0 && n >= CLIENTS_EACH;
}

void queue_submit_free(struct submission *s)
{
    struct submission **at = &s->q->submissions;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    if (s->accept != NULL && s->at != AT_COMMIT)
        accept_abort(s->accept);
    else if (s->accept != NULL)
        s->accept->arg = NULL; /* nobody waits for the answer */
    bufferevent_free(s->bev);
    event_free(s->bound);
    if (s->q->listener != NULL)
        evconnlistener_enable(s->q->listener);
    free(s);
}

static void on_bound(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    queue_submit_free(arg);
}

static void begin(struct queue *q, int fd, const struct ucred *who)
{
    static const struct timeval silence = {.tv_sec = SILENCE_SEC},
                                bound = {.tv_sec = BOUND_SEC};
    struct submission *s = xcalloc(1, sizeof(*s));

    s->q = q;
    s->who = *who;
    s->bev = bufferevent_socket_new(q->base, fd, BEV_OPT_CLOSE_ON_FREE);
    s->bound = evtimer_new(q->base, on_bound, s);
    if (s->bev == NULL || s->bound == NULL || event_add(s->bound, &bound) != 0)
        fatal(EX_OSERR, "out of memory");
    s->next = q->submissions;
    q->submissions = s;
    bufferevent_set_timeouts(s->bev, &silence, &silence);
    queue_submit_talk(s);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *sa, int sa_len, void *arg)
{
    static const char busy[] = "busy\n";
    struct queue *q = arg;
    struct ucred who;
    socklen_t len = sizeof(who);

    (void)sa, (void)sa_len;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0) {
        close(fd);
    } else if (has_enough(q, who.uid)) {
        if (write(fd, busy, sizeof(busy) - 1) < 0)
            log_info("uid %u cannot be told: busy", (unsigned)who.uid);
        close(fd);
    } else {
        begin(q, fd, &who);
        if (is_full(q))
            evconnlistener_disable(listener);
    }
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    const struct queue *q = arg;

    (void)fd, (void)what;
    if (q->listener != NULL && !is_full(q))
        evconnlistener_enable(q->listener);
}

static void on_error(struct evconnlistener *listener, void *arg)
{
    static const struct timeval again = {.tv_sec = AGAIN_SEC};
    struct queue *q = arg;

    log_warn("mail of this host has to wait: %s", strerror(errno));
    evconnlistener_disable(listener);
    if (event_base_once(q->base, -1, EV_TIMEOUT, on_again, q, &again) != 0)
        fatal(EX_OSERR, "no timer");
}

void queue_submit_begin(struct queue *q, int fd)
{
    q->listener = evconnlistener_new(
        q->base, on_accept, q, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
        fd);
    if (q->listener == NULL)
        fatal(EX_OSERR, "no socket for submission");
    evconnlistener_set_error_cb(q->listener, on_error);
}

void queue_submit_end(struct queue *q)
{
    struct submission *s = q->submissions;

    if (q->listener != NULL)
        evconnlistener_free(q->listener);
    q->listener = NULL;
    while (s != NULL) {
        struct submission *next = s->next;

        if (s->at < AT_COMMIT)
            queue_submit_free(s);
        s = next;
    }
}
