/*
 * A connection of the policy server, see policyd_conn.h.
 *
 * It reads or writes, never both: what the socket does not take of its answers
 * is kept, and nothing is read until that is gone.  So a client that does not
 * read its answers is not read from, and what is kept of it is the beginning of
 * a line, the request as far as it was read, and the answers to what one read
 * brought.
 *
 * Speed is in system calls: a turn of the loop costs a connection one to read
 * with and one to answer with, however many requests there are.
 */
#include "greylist/policyd_conn.h"

#include "greylist/policyd_parse.h"
#include "lib/log.h"
#include "lib/stats.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define READ (16 * 1024)

struct connection {
    TAILQ_ENTRY(connection) next;
    struct connections *all;
    int fd;
    struct event *readable, *writable;
    struct evbuffer *unwritten; /* NULL: nothing */
    time_t used;                /* monotonic */
    struct policyd_request request;
    char told[DECIDE_NAME]; /* the message that has its header */
    size_t nrest;           /* the beginning of a line */
    char *rest;
};

/* Of the one that is being read, and of the one that is being answered. */
static char input[POLICYD_LINE + READ];
static char answers[READ];
static size_t nanswers;

static time_t seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

/* Answers that it has to come are made before. */
void connection_free(struct connection *c)
{
    decide_finish(c->all->decider);
    TAILQ_REMOVE(&c->all->list, c, next);
    c->all->n--;
    event_free(c->readable);
    event_free(c->writable);
    if (c->unwritten != NULL)
        evbuffer_free(c->unwritten);
    close(c->fd);
    free(c->rest);
    free(c);
}

static void use(struct connection *c)
{
    c->used = seconds();
    TAILQ_REMOVE(&c->all->list, c, next);
    TAILQ_INSERT_TAIL(&c->all->list, c, next);
}

/* Writes from now on, and reads when that is done. */
static void keep_unwritten(struct connection *c, const char *text, size_t len)
{
    if (c->unwritten == NULL) {
        c->unwritten = evbuffer_new();
        event_del(c->readable);
        event_add(c->writable, NULL);
    }
    if (c->unwritten == NULL || evbuffer_add(c->unwritten, text, len) != 0)
        fatal(EX_OSERR, "out of memory");
}

/*
 * Sends what was gathered.  The loop is only asked for what the socket does
 * not take at once.
 */
static void send_answers(struct connection *c)
{
    ssize_t n = 0;

    if (c->unwritten == NULL)
        n = send(c->fd, answers, nanswers, MSG_NOSIGNAL);
    if (n < 0)
        n = 0; /* full, or broken: the loop will see */
    if ((size_t)n < nanswers)
        keep_unwritten(c, answers + n, nanswers - (size_t)n);
    nanswers = 0;
}

/* Each recipient that waited says so; the message needs it once. */
static bool wants_header(struct connection *c, const char *instance)
{
    if (instance[0] != '\0' && strcmp(c->told, instance) == 0)
        return false;
    strcpy(c->told, instance);
    return true;
}

/* Gathers answers, to be sent with one system call where that is possible. */
static void answer(const struct origin *o, const struct judgement *j, bool more)
{
    struct connection *c = o->asker;

    if (sizeof(answers) - nanswers < POLICYD_ANSWER)
        send_answers(c);
    nanswers +=
        policyd_answer(j, j->header[0] == '\0' || wants_header(c, o->name),
                       answers + nanswers);
    if (!more)
        send_answers(c);
}

static void ask(struct connection *c)
{
    static const struct judgement go_on = {.judged = JUDGED_PASS};
    struct decider *d = c->all->decider;
    struct origin o = {.key = "instance",
                       .name = c->request.instance,
                       .helo = c->request.helo,
                       .asker = c,
                       .answer = answer};
    struct rcpt a;

    stats_add(STAT_POLICY, 1);
    if (policyd_is_question(&c->request)) {
        policyd_attempt(&c->request, &a);
        decide(d, &a, &o);
    } else {
        decide_finish(d); /* answers stay in order */
        answer(&o, &go_on, false);
    }
}

/* Takes what is whole and keeps the rest; false: it is not the protocol. */
static bool serve(struct connection *c, const char *text, size_t left)
{
    enum policyd_event event;
    size_t used;

    do {
        event = policyd_read(&c->request, text, left, &used);
        text += used;
        left -= used;
        if (event == POLICYD_REQUEST) {
            ask(c);
            policyd_begin(&c->request);
        }
    } while (event == POLICYD_REQUEST && left > 0);
    if (event == POLICYD_MORE && left > 0) {
        c->rest = xcalloc(1, left);
        memcpy(c->rest, text, left);
        c->nrest = left;
    }
    return event != POLICYD_BROKEN;
}

/* The rest of the last read, and what comes behind it. */
static ssize_t read_more(struct connection *c)
{
    size_t rest = c->nrest;
    ssize_t n = recv(c->fd, input + rest, READ, 0);

    if (n <= 0)
        return n;
    if (rest > 0)
        memcpy(input, c->rest, rest);
    free(c->rest);
    c->rest = NULL;
    c->nrest = 0;
    return n + (ssize_t)rest;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *c = arg;
    ssize_t n = read_more(c);

    (void)fd, (void)what;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    use(c);
    if (n > 0 && serve(c, input, (size_t)n))
        return;
    if (n > 0)
        log_warn("policy: a client does not speak the protocol");
    connection_free(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *c = arg;
    int n = evbuffer_write(c->unwritten, fd);

    (void)what;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    use(c);
    if (n <= 0) {
        connection_free(c);
    } else if (evbuffer_get_length(c->unwritten) == 0) {
        evbuffer_free(c->unwritten);
        c->unwritten = NULL;
        event_del(c->writable);
        event_add(c->readable, NULL);
    }
}

void connection_new(struct connections *all, struct event_base *base, int fd)
{
    struct connection *c = xcalloc(1, sizeof(*c));
    int on = 1;

    /* Answers are whole when they are sent; a UNIX socket knows no delay. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c->all = all;
    c->fd = fd;
    c->used = seconds();
    c->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    if (c->readable == NULL || c->writable == NULL ||
        event_add(c->readable, NULL) != 0)
        fatal(EX_OSERR, "out of memory");
    policyd_begin(&c->request);
    TAILQ_INSERT_TAIL(&all->list, c, next);
    all->n++;
}

bool connection_is_idle(const struct connection *c, time_t sec)
{
    return seconds() - c->used >= sec;
}
