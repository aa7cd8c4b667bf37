/*
 * The control socket.
 *
 * Who may open it may ask: its mode is the only check.  A client has one line
 * of at most 1024 octets and five seconds for it, and there are sixteen at
 * most, the others wait in the backlog; so nobody who may connect can hold up
 * the loop or fill our memory.
 */
#include "tarryd/control.h"
#include "lib/log.h"
#include "tarryd/reload.h"
#include "tarryd/status.h"
#include "tarryd/unix.h"
#include "tarryd/workers.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define CLIENTS   16
#define LINE      1024 /* octets of a command */
#define UNREAD    4096 /* octets taken in, so that a close is no reset */
#define BOUND_SEC 5

struct client {
    struct control *control;
    struct bufferevent *bev; /* NULL: a free seat */
    struct event *bound;
    unsigned reload; /* the number of the one it waits for, or 0 */
    bool answered;   /* what else it sends is thrown away */
    bool written;    /* and the answer is out: it is for the client to close */
    bool closed;     /* it has closed its side */
};

struct control {
    struct tarryd *t;
    struct evconnlistener *listener;
    struct client clients[CLIENTS];
};

int control_open(const struct conf *c, struct report *r, int *code)
{
    /* Never open to others, not for a moment. */
    return unix_listen(c->control.socket, true, 0600, CLIENTS, c->file,
                       "control socket", r, code);
}

static void client_free(struct client *cl)
{
    bufferevent_free(cl->bev);
    event_free(cl->bound);
    evconnlistener_enable(cl->control->listener);
    memset(cl, 0, sizeof(*cl));
}

static void set_bound(struct client *cl)
{
    static const struct timeval bound = {.tv_sec = BOUND_SEC};

    event_add(cl->bound, &bound);
}

/*
 * The answer is in the output buffer.  What the client still sends is read and
 * thrown away: closing a socket with unread data would take back the answer.
 */
static void send_answer(struct client *cl)
{
    cl->answered = true;
    cl->reload = 0;
    bufferevent_set_max_single_read(cl->bev, 0);
    set_bound(cl);
}

/* Gives the connection to a program, which answers on it; false: it cannot. */
static bool hand_over(struct client *cl, enum program program, const char *line)
{
    static struct msg_out out;
    struct worker *w = &cl->control->t->workers[program];

    if (w->state != WORKER_RUNNING || w->chan == NULL)
        return false;
    msg_reset(&out);
    msg_put_str(&out, line);
    if (chan_send(w->chan, MSG_CONTROL, 0, &out, bufferevent_getfd(cl->bev)) !=
        0)
        return false;
    client_free(cl);
    return true;
}

static void obey(struct client *cl, const char *line)
{
    struct evbuffer *out = bufferevent_get_output(cl->bev);

    if (strcmp(line, "status") == 0) {
        evbuffer_add_printf(out, "ok\n");
        status_text(cl->control->t, out);
    } else if (strcmp(line, "status json") == 0) {
        evbuffer_add_printf(out, "ok\n");
        status_json(cl->control->t, out);
    } else if (strcmp(line, "reload") == 0) {
        cl->reload = reload_request(cl->control->t);
        event_del(cl->bound); /* the reload has its own */
        return;
    } else if (strncmp(line, "greylist ", 9) == 0) {
        if (hand_over(cl, PROGRAM_GREYLIST, line))
            return;
        evbuffer_add_printf(out, "error greylist is not running\n");
    } else if (strncmp(line, "queue ", 6) == 0) {
        if (hand_over(cl, PROGRAM_QUEUE, line + 6))
            return;
        evbuffer_add_printf(out, "error queue is not running\n");
    } else {
        evbuffer_add_printf(out, "error unknown command\n");
    }
    send_answer(cl);
}

static void on_line(struct bufferevent *bev, void *arg)
{
    struct client *cl = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    char *line;
    size_t len;

    if (cl->answered) {
        evbuffer_drain(in, evbuffer_get_length(in));
        return;
    }
    if (cl->reload != 0)
        return;
    line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
    if ((line != NULL && len > LINE) ||
        (line == NULL && evbuffer_get_length(in) > LINE)) {
        evbuffer_add_printf(bufferevent_get_output(bev),
                            "error the line is too long\n");
        send_answer(cl);
    } else if (line != NULL) {
        obey(cl, line);
    }
    free(line);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct client *cl = arg;

    if (!cl->answered)
        return;
    cl->written = true;
    if (cl->closed)
        client_free(cl);
    else
        shutdown(bufferevent_getfd(bev), SHUT_WR);
}

/* Half closed behind the command is fine; anything else ends it. */
static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct client *cl = arg;

    if (!(what & BEV_EVENT_EOF) || cl->written ||
        (!cl->answered && cl->reload == 0)) {
        client_free(cl);
        return;
    }
    cl->closed = true;
    bufferevent_disable(bev, EV_READ);
}

static void on_bound(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    client_free(arg);
}

static struct client *free_seat(struct control *c)
{
    for (size_t i = 0; i < CLIENTS; i++)
        if (c->clients[i].bev == NULL)
            return &c->clients[i];
    return NULL;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *sa, int len, void *arg)
{
    struct control *c = arg;
    struct client *cl = free_seat(c);

    (void)sa, (void)len;
    if (cl == NULL) {
        close(fd);
        return;
    }
    cl->control = c;
    cl->bev = bufferevent_socket_new(c->t->base, fd, BEV_OPT_CLOSE_ON_FREE);
    cl->bound = evtimer_new(c->t->base, on_bound, cl);
    if (cl->bev == NULL || cl->bound == NULL)
        fatal(EX_OSERR, "out of memory");
    bufferevent_setcb(cl->bev, on_line, on_written, on_event, cl);
    bufferevent_setwatermark(cl->bev, EV_READ, 0, UNREAD);
    /* What follows the line is for the program that it is handed to. */
    bufferevent_set_max_single_read(cl->bev, 1);
    bufferevent_enable(cl->bev, EV_READ | EV_WRITE);
    set_bound(cl);
    if (free_seat(c) == NULL)
        evconnlistener_disable(listener);
}

void control_reloaded(struct control *c, unsigned number,
                      const struct report *failure)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *cl = &c->clients[i];

        if (cl->bev == NULL || cl->reload == 0 || cl->reload > number)
            continue;
        evbuffer_add_printf(
            bufferevent_get_output(cl->bev), "%s\n%s",
            report_empty(failure) ? "ok" : "error the old settings stay",
            failure->text);
        send_answer(cl);
    }
}

struct control *control_new(struct tarryd *t, int fd)
{
    struct control *c = xcalloc(1, sizeof(*c));

    c->t = t;
    c->listener = evconnlistener_new(
        t->base, on_accept, c, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
        fd);
    if (c->listener == NULL)
        fatal(EX_OSERR, "no control socket");
    return c;
}

void control_free(struct control *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < CLIENTS; i++)
        if (c->clients[i].bev != NULL)
            client_free(&c->clients[i]);
    evconnlistener_free(c->listener);
    free(c);
}
