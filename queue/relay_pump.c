/*
 * Moving octets between the session and the socket.
 *
 * One event for reading, always; one for writing, when something waits; one
 * timer.  The timer begins anew when the session makes progress, which is a
 * whole reply, or room for octets of the message, but never the octets of a
 * reply: a server that drips gets no more time than one that is silent.  In
 * the message a minimum rate is asked for, after a third of the time for a
 * block, and the envelope has a time for all of it together.
 *
 * What cannot be written any more is not an error yet: the server may have
 * said why before it closed, and that is read first.
 */
#include "queue/relay_conn_parts.h"

#include "lib/log.h"
#include "queue/relay_body.h"
#include "queue/relay_tls.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define BURST 16 /* reads in one go before other events get their turn */

int64_t relay_conn_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void relay_conn_timer(struct relay_conn *c, enum job_time time)
{
    unsigned ms = c->job->times_ms[time];
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    if (event_add(c->timer, &tv) != 0)
        fatal(EX_OSERR, "no timer");
}

void relay_conn_lost(struct relay_conn *c, const char *code, const char *why)
{
    char text[256];

    snprintf(text, sizeof(text), "%s %s", code, why);
    c->want = relay_session_lost(c->session, text);
}

static void judge_time(struct relay_conn *c)
{
    const unsigned *times = c->job->times_ms;
    int64_t now = relay_conn_clock(), spent = now - c->message_ms;

    if (c->message_ms == 0) {
        if (c->job_ms != 0 && now - c->job_ms > times[TIME_ENVELOPE])
            relay_conn_lost(c, "4.4.2",
                            "The server is too slow with the envelope");
    } else if (spent > times[TIME_BLOCK] / 3 &&
               relay_session_time(c->session) == TIME_BLOCK &&
               c->message_octets * 1000 <
                   (uint64_t)c->job->minimum_rate * (uint64_t)spent) {
        relay_conn_lost(c, "4.4.2", "The server is too slow with the message");
    }
}

static void watch_time(struct relay_conn *c)
{
    uint64_t progress = relay_session_progress(c->session);

    if (progress == c->progress || c->want >= RELAY_IDLE)
        return;
    c->progress = progress;
    judge_time(c);
    relay_conn_timer(c, relay_session_time(c->session));
}

static size_t pending(const struct relay_conn *c)
{
    size_t len;

    relay_session_output(c->session, &len);
    return len;
}

static void write_out(struct relay_conn *c)
{
    const char *out;
    size_t len;
    ssize_t n;

    while (!c->deaf &&
           (out = relay_session_output(c->session, &len), len > 0)) {
        n = relay_io_write(&c->io, out, len);
        if (n == IO_AGAIN)
            return;
        if (n < 0) {
            c->deaf = true;
            return;
        }
        if (c->message_ms != 0)
            c->message_octets += (uint64_t)n;
        c->want = relay_session_written(c->session, (size_t)n);
    }
}

uint64_t relay_conn_size(int message)
{
    static char buf[RELAY_PIECE], wire[RELAY_BODY_MAX(RELAY_PIECE)];
    struct relay_body body;
    uint64_t size = 0;
    off_t at = 0;
    ssize_t n;

    relay_body_init(&body, false);
    while ((n = pread(message, buf, sizeof(buf), at)) > 0) {
        size += relay_body_encode(&body, buf, (size_t)n, false, wire);
        at += n;
    }
    return size + relay_body_encode(&body, "", 0, true, wire);
}

static void feed_message(struct relay_conn *c)
{
    static char buf[RELAY_PIECE];
    ssize_t n = pread(c->message, buf, sizeof(buf), c->offset);
    char next;

    if (c->message_ms == 0)
        c->message_ms = relay_conn_clock();
    if (n < 0) {
        log_error("the message cannot be read: %s", strerror(errno));
        relay_conn_lost(c, "4.3.0", "The message cannot be read here");
        return;
    }
    c->offset += n;
    c->want = relay_session_body(
        c->session, buf, (size_t)n,
        (size_t)n < sizeof(buf) || pread(c->message, &next, 1, c->offset) == 0);
}

/* False while it must wait for the socket. */
static bool start_tls(struct relay_conn *c)
{
    bool verify = c->job->flags & JOB_TLS_VERIFIED;
    int done;

    if (c->io.ssl == NULL) {
        SSL *ssl = relay_tls_new(c->io.fd, c->to.host, verify);

        if (ssl == NULL) {
            relay_conn_lost(c, "4.7.0", "TLS: OpenSSL fails");
            return true;
        }
        relay_io_use_tls(&c->io, ssl);
    }
    done = relay_io_handshake(&c->io);
    if (done == 1)
        c->want = relay_session_tls(c->session);
    else if (done == IO_ERROR)
        relay_conn_lost(c, verify ? "4.7.5" : "4.7.0", c->io.error);
    return done != IO_AGAIN;
}

void relay_conn_read(struct relay_conn *c)
{
    char buf[16 * 1024];

    for (int i = 0; i < BURST && c->want != RELAY_CLOSE; i++) {
        ssize_t n = relay_io_read(&c->io, buf, sizeof(buf));

        if (n == IO_AGAIN)
            return;
        if (n > 0)
            c->want = relay_session_input(c->session, buf, (size_t)n);
        else
            relay_conn_lost(c, "4.4.2",
                            n == 0 ? "The server closed the connection"
                                   : c->io.error);
        if (c->want == RELAY_TLS)
            return;
    }
    event_active(c->readable, EV_READ, 0); /* there may be more in TLS */
}

static void watch_socket(struct relay_conn *c)
{
    if ((pending(c) > 0 && !c->deaf) || c->io.wants_write)
        event_add(c->writable, NULL);
    else
        event_del(c->writable);
}

void relay_conn_pump(struct relay_conn *c)
{
    for (;;) {
        write_out(c);
        if (pending(c) > 0)
            break;
        if (c->want == RELAY_BODY)
            feed_message(c);
        else if (c->want == RELAY_TLS && start_tls(c))
            continue;
        else
            break;
    }
    watch_time(c);
    if (c->want == RELAY_CLOSE) {
        relay_conn_over(c);
        return;
    }
    watch_socket(c);
    if (c->want == RELAY_IDLE && !c->idle) {
        c->idle = true;
        event_del(c->timer); /* how long to be idle is for others to say */
        c->ops->idle(c->arg);
    }
}
