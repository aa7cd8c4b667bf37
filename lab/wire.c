/*
 * One attempt at one message over a real connection, see wire.h.
 *
 * It goes from step to step as the profile says (sender_goes_on): a sender
 * that ignores a refusal says the next command all the same, and hears what
 * the server has to say to that.  QUIT is said and not waited for.
 */
#include "lab/wire.h"

#include "lab/clean.h"
#include "lab/queueing.h"
#include "lab/sender.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire {
    const struct wire_visit *v;
    struct wire_end *end;
    int fd; /* -1: lost */
    size_t have;
    char buf[4096];
    size_t said; /* of the reply being read, as much as fits */
    char reply[8192];
};

static void lose(struct wire *w, const char *why)
{
    w->end->code = 0;
    snprintf(w->end->reply, sizeof(w->end->reply), "%s", why);
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

static bool wait_for(struct wire *w, short events)
{
    struct pollfd p = {.fd = w->fd, .events = events};
    unsigned ms =
        w->end->step == STEP_DOT ? w->v->dot_timeout_ms : w->v->timeout_ms;
    int n;

    do
        n = poll(&p, 1, (int)ms);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        lose(w, "no reply in time");
    return n > 0;
}

static void say(struct wire *w, const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && w->fd >= 0 && wait_for(w, POLLOUT)) {
        ssize_t n = send(w->fd, text, len, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR && errno != EAGAIN)
            lose(w, strerror(errno));
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
}

/* The end of the first line in the buffer, behind its LF, or NULL. */
static char *line_end(struct wire *w)
{
    char *nl = memchr(w->buf, '\n', w->have);

    return nl != NULL ? nl + 1 : NULL;
}

/* More octets; false when the connection is lost. */
static bool fill(struct wire *w)
{
    ssize_t n;

    if (w->have == sizeof(w->buf)) {
        lose(w, "a reply line without end");
        return false;
    }
    if (!wait_for(w, POLLIN))
        return false;
    n = recv(w->fd, w->buf + w->have, sizeof(w->buf) - w->have, 0);
    if (n <= 0) {
        lose(w, n == 0 ? "the connection was closed" : strerror(errno));
        return false;
    }
    w->have += (size_t)n;
    return true;
}

static void keep(struct wire *w, const char *line, size_t len)
{
    if (len > sizeof(w->reply) - w->said)
        return;
    memcpy(w->reply + w->said, line, len);
    w->said += len;
}

/* One reply of any number of lines; the first is told. */
static void hear(struct wire *w)
{
    bool first = true, more = true;

    w->said = 0;
    while (w->fd >= 0 && more) {
        char *end = line_end(w);
        size_t len;

        if (end == NULL) {
            fill(w);
            continue;
        }
        len = (size_t)(end - w->buf);
        more = len > 3 && w->buf[3] == '-';
        if (first) {
            w->end->code = (unsigned)strtoul(w->buf, NULL, 10);
            snprintf(w->end->reply, sizeof(w->end->reply), "%.*s",
                     len > 4 ? (int)strcspn(w->buf + 4, "\r\n") : 0,
                     w->buf + 4);
            clean(w->end->reply);
        }
        first = false;
        keep(w, w->buf, len);
        w->have -= len;
        memmove(w->buf, end, w->have);
    }
    w->end->wait_sec = w->fd >= 0 ? queueing_wait(w->reply, w->said) : 0;
}

static void take_step(struct wire *w, enum step step)
{
    const struct wire_visit *v = w->v;
    char line[1024];

    w->end->step = step;
    sender_command(step, v->helo, v->from, v->to, line, sizeof(line));
    say(w, step == STEP_DOT ? v->message : line);
    hear(w);
}

/* Binds to where it is to come from; any port. */
static int bind_source(int fd, const struct netaddr *a)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    if (a->family == 4) {
        memcpy(&in.sin_addr, a->octets, 4);
        return bind(fd, (struct sockaddr *)&in, sizeof(in));
    }
    if (a->family == 6) {
        memcpy(&in6.sin6_addr, a->octets, 16);
        return bind(fd, (struct sockaddr *)&in6, sizeof(in6));
    }
    return 0;
}

static void open_socket(struct wire *w)
{
    const struct addrinfo *host = w->v->host;
    socklen_t size = sizeof(int);
    int error = 0;

    w->fd =
        socket(host->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (w->fd < 0 || bind_source(w->fd, w->v->source) != 0 ||
        (connect(w->fd, host->ai_addr, host->ai_addrlen) != 0 &&
         errno != EINPROGRESS)) {
        lose(w, strerror(errno));
        return;
    }
    if (!wait_for(w, POLLOUT))
        return;
    if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ||
        error != 0)
        lose(w, strerror(error != 0 ? error : errno));
}

void wire_visit(const struct wire_visit *v, struct wire_end *end)
{
    struct wire w = {.v = v, .end = end, .fd = -1};
    enum step step = STEP_CONNECT;

    memset(end, 0, sizeof(*end));
    open_socket(&w);
    if (w.fd >= 0)
        take_step(&w, step);
    while (w.fd >= 0 && sender_goes_on(v->profile, step, end->code))
        take_step(&w, ++step);
    if (w.fd >= 0) {
        (void)send(w.fd, "QUIT\r\n", 6, MSG_NOSIGNAL);
        close(w.fd);
    }
}
