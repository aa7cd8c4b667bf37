/*
 * Channels: SEQPACKET sockets with rules (msg.h), on a libevent loop.
 *
 * Every packet is checked against its row of msg_table before its handler
 * sees it, and before it is sent.  A channel closes once: the reason is told
 * from the loop and never from inside chan_send(), so that a caller's state
 * does not change under its feet.  A handler may free the channel.
 */
#include "lib/chan_parts.h"
#include "lib/log.h"
#include "lib/packet.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Messages handled in one go before other events get their turn. */
#define BURST 64

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

struct chan *chan_new(struct event_base *base, int fd, enum program self,
                      enum program peer, const struct chan_ops *ops, void *arg)
{
    struct chan *c = xcalloc(1, sizeof(*c));

    c->fd = fd;
    c->self = self;
    c->peer = peer;
    c->phase = PHASE_SETUP;
    c->ops = ops;
    c->arg = arg;
    c->last = &c->first;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    c->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    if (c->readable == NULL || c->writable == NULL ||
        event_add(c->readable, NULL) != 0)
        fatal(71, "channel to %s: no event", program_name(peer));
    return c;
}

static void packet_free(struct packet *p)
{
    if (p->fd >= 0)
        close(p->fd);
    free(p);
}

void chan_free(struct chan *c)
{
    struct packet *p;

    if (c == NULL)
        return;
    if (c->freed != NULL)
        *c->freed = true;
    event_free(c->readable);
    event_free(c->writable);
    while ((p = c->first) != NULL) {
        c->first = p->next;
        packet_free(p);
    }
    close(c->fd);
    free(c);
}

void chan_phase(struct chan *c, enum msg_phase phase)
{
    c->phase = phase;
}

enum program chan_peer(const struct chan *c)
{
    return c->peer;
}

/* Remembers why; the loop tells the owner as soon as it runs. */
static void chan_break(struct chan *c, const char *why)
{
    if (c->broken != NULL)
        return;
    c->broken = why;
    event_del(c->writable);
    event_active(c->readable, EV_READ, 0);
}

void chan_violation(struct chan *c, const char *why)
{
    struct log_line l;

    log_begin(&l, LOG_LEVEL_ERROR, "violation");
    log_str(&l, "peer", program_name(c->peer));
    log_str(&l, "text", why);
    log_end(&l);
    chan_break(c, why);
}

/* 1: sent; 0: the socket is full; -1: broken. */
static int transmit(struct chan *c, struct iovec *iov, size_t n, int fd)
{
    if (packet_send(c->fd, iov, n, fd) == 0)
        return 1;
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
        return 0;
    chan_break(c, strerror(errno));
    return -1;
}

static int enqueue(struct chan *c, struct iovec *iov, size_t n, int fd)
{
    size_t len = 0;
    struct packet *p;

    for (size_t i = 0; i < n; i++)
        len += iov[i].iov_len;
    if (c->backlog + len > CHAN_BACKLOG) {
        chan_break(c, "does not read: its backlog is full");
        return -1;
    }
    p = xcalloc(1, sizeof(*p) + len);
    p->fd = -1;
    if (fd >= 0 && (p->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) {
        free(p);
        chan_break(c, "no descriptor left for a message");
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(p->data + p->len, iov[i].iov_base, iov[i].iov_len);
        p->len += iov[i].iov_len;
    }
    c->backlog += len;
    *c->last = p;
    c->last = &p->next;
    event_add(c->writable, NULL);
    return 0;
}

int chan_send(struct chan *c, enum msg_type type, uint64_t id,
              const struct msg_out *payload, int fd)
{
    size_t len = payload != NULL ? payload->len : 0;
    struct msg_header h = {.magic = MSG_MAGIC,
                           .type = (uint16_t)type,
                           .len = (uint32_t)len,
                           .id = id};
    struct iovec iov[2] = {{&h, sizeof(h)}, {NULL, len}};
    size_t n = len > 0 ? 2 : 1;

    assert(payload == NULL || !payload->overflow);
    assert(msg_illegal(type, c->self, c->peer, c->phase, len, fd >= 0) == NULL);
    if (c->broken != NULL)
        return -1;
    if (len > 0)
        iov[1].iov_base = (void *)(uintptr_t)payload->data;
    if (c->first == NULL) {
        int sent = transmit(c, iov, n, fd);

        if (sent != 0)
            return sent < 0 ? -1 : 0;
    }
    return enqueue(c, iov, n, fd);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct chan *c = arg;
    struct packet *p;

    (void)fd, (void)what;
    while ((p = c->first) != NULL && c->broken == NULL) {
        struct iovec iov = {p->data, p->len};

        if (transmit(c, &iov, 1, p->fd) <= 0)
            return;
        c->first = p->next;
        if (c->first == NULL)
            c->last = &c->first;
        c->backlog -= p->len;
        packet_free(p);
    }
    event_del(c->writable);
}

enum received chan_take(struct chan *c, unsigned char *buf, struct msg *m)
{
    struct msg_header h;
    const char *why;
    bool torn;
    ssize_t n = packet_receive(c->fd, buf, CHAN_PACKET, &m->fd, &torn);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return EMPTY;
    if (n <= 0) {
        chan_break(c, n == 0 ? "closed" : strerror(errno));
        return BROKEN;
    }
    memset(&h, 0, sizeof(h));
    if ((size_t)n >= sizeof(h))
        memcpy(&h, buf, sizeof(h));
    if (h.magic != MSG_MAGIC || h.len != (size_t)n - sizeof(h) || torn)
        why = "torn packet, or another version of tarry";
    else
        why =
            msg_illegal(h.type, c->peer, c->self, c->phase, h.len, m->fd >= 0);
    if (why != NULL) {
        if (m->fd >= 0)
            close(m->fd);
        chan_violation(c, why);
        return BROKEN;
    }
    m->type = (enum msg_type)h.type;
    m->id = h.id;
    m->in = (struct msg_in){.data = buf + sizeof(h), .left = h.len};
    return ARRIVED;
}

/* One packet, to its handler. After FREED, c must not be touched. */
static enum received receive(struct chan *c)
{
    static unsigned char buf[CHAN_PACKET];
    bool freed = false;
    struct msg msg;
    enum received got = chan_take(c, buf, &msg);

    if (got != ARRIVED)
        return got;
    c->freed = &freed; /* cppcheck-suppress autoVariables */
    c->ops->message(c, &msg, c->arg);
    if (freed)
        return FREED;
    c->freed = NULL;
    return ARRIVED;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct chan *c = arg;

    (void)fd, (void)what;
    for (int i = 0; i < BURST && c->broken == NULL; i++) {
        enum received got = receive(c);

        if (got == EMPTY || got == FREED)
            return;
    }
    if (c->broken != NULL && !c->reported) {
        c->reported = true;
        event_del(c->readable);
        c->ops->closed(c, c->broken, c->arg);
    }
}
