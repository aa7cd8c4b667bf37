/*
 * Moves octets between a connection's socket and its session, and does what
 * the session wants next.  The only function that looks at a want is step();
 * conn_pump() repeats it until something must be waited for.
 *
 * Replies are written when there is no more input to work on (so the replies
 * to pipelined commands leave together), and nothing is read while replies
 * cannot be written: a client that does not listen cannot make us remember.
 *
 * After some reads it is the turn of others, however much there is to read: a
 * client that sends as fast as we read must not have us for itself.
 */
#include "lib/stats.h"
#include "smtpd/server.h"

#include <event2/event.h>
#include <string.h>

#define READS 16 /* in one turn, of CONN_INPUT octets each */

enum step { STEP_ON, STEP_WAIT, STEP_OVER };

static enum step over(struct conn *c, const char *why)
{
    if (c->ending == NULL)
        c->ending = why;
    return STEP_OVER;
}

/* Writes what can be written; STEP_ON when nothing is left. */
static enum step flush(struct conn *c)
{
    const char *out;
    size_t len;
    ssize_t n;

    while ((out = session_output(c->session, &len), len > 0)) {
        if (!c->io.can_write)
            return STEP_WAIT;
        n = io_write(&c->io, out, len);
        if (n == IO_AGAIN)
            return STEP_WAIT;
        if (n <= 0)
            return over(c, "connection lost");
        session_output_written(c->session, (size_t)n);
    }
    return STEP_ON;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    conn_pump(arg);
}

/*
 * False when it is the turn of others.  By a timer: an event that is activated
 * at once would come before theirs, which the loop has not looked for yet.
 */
static bool may_read(struct conn *c)
{
    static const struct timeval soon = {0, 0};

    if (c->reads++ < READS)
        return true;
    if (c->turn == NULL)
        c->turn = evtimer_new(c->server->child->base, on_turn, c);
    if (c->turn == NULL || event_add(c->turn, &soon) != 0)
        return true; /* no memory: better unfair than stuck */
    return false;
}

/* More input. What is left of the last lies at the buffer's front then. */
static enum step fill(struct conn *c)
{
    enum step flushed = flush(c);
    ssize_t n;

    if (flushed != STEP_ON)
        return flushed;
    if (!c->io.can_read || !may_read(c))
        return STEP_WAIT;
    memmove(c->in, c->in + c->in_start, c->in_len);
    c->in_start = 0;
    n = io_read(&c->io, c->in + c->in_len, sizeof(c->in) - c->in_len);
    if (n == IO_AGAIN)
        return STEP_WAIT;
    if (n == IO_MORE)
        return STEP_ON;
    if (n <= 0)
        return over(c, n == 0 ? "client closed" : "connection lost");
    c->in_len += (size_t)n;
    return STEP_ON;
}

static enum step input(struct conn *c)
{
    bool in_data = session_in_data(c->session);
    size_t used;

    if (c->server->child->stopping && !in_data) {
        c->want = session_end(c->session, "4.3.2 Shutting down");
        return STEP_ON;
    }
    if (c->in_len > 0) {
        c->want =
            session_input(c->session, c->in + c->in_start, c->in_len, &used);
        c->in_start += used;
        c->in_len -= used;
        if (used > 0 && !session_in_long_line(c->session)) {
            c->progress = server_now();
            pace_take(&c->pace, in_data, session_in_data(c->session), used,
                      c->progress);
        }
        if (used > 0 || c->want != WANT_INPUT)
            return STEP_ON;
    }
    return fill(c);
}

bool conn_begin_tls(struct conn *c)
{
    SSL *ssl = tls_accept(c->settings->tls, c->io.fd);

    if (ssl != NULL)
        io_use_tls(&c->io, ssl);
    c->handshaking = ssl != NULL;
    c->progress = server_now();
    return c->handshaking;
}

/* RFC 3207 §4.2: what was sent in clear behind STARTTLS is thrown away. */
static enum step begin_tls(struct conn *c)
{
    enum step flushed = flush(c);

    if (flushed != STEP_ON)
        return flushed;
    c->in_len = c->in_start = 0;
    return conn_begin_tls(c) ? STEP_ON : over(c, "no memory for TLS");
}

static enum step handshake(struct conn *c)
{
    bool greeted = c->want == WANT_TLS;
    int done = io_handshake(&c->io);

    if (done == IO_MORE && may_read(c))
        return STEP_ON;
    if (done == IO_AGAIN || done == IO_MORE)
        return STEP_WAIT;
    if (done <= 0)
        return over(c, "TLS handshake failed");
    c->handshaking = false;
    stats_add(STAT_TLS, 1);
    c->want = session_tls(c->session, SSL_get_version(c->io.ssl),
                          SSL_get_cipher_name(c->io.ssl));
    if (!greeted)
        c->want = session_start(c->session);
    return STEP_ON;
}

/*
 * Closing a socket with unread input would reset the connection, and the
 * client might never see our last reply: read it away first.
 */
static enum step finish(struct conn *c)
{
    bool unread = c->in_len > 0;
    enum step flushed;
    ssize_t n;

    over(c, session_ending(c->session));
    if (c->ending_since == 0)
        c->ending_since = server_now();
    flushed = flush(c);
    if (flushed != STEP_ON)
        return flushed;
    while (c->io.can_read) {
        if (!may_read(c))
            return STEP_WAIT;
        n = io_read(&c->io, c->in, sizeof(c->in));
        if (n == IO_MORE)
            continue;
        if (n == IO_AGAIN)
            break;
        if (n <= 0)
            return STEP_OVER;
        unread = true;
    }
    if (!unread && !c->lingering)
        return STEP_OVER;
    if (!c->lingering)
        io_shutdown(&c->io);
    c->lingering = true;
    return STEP_WAIT;
}

static enum step step(struct conn *c)
{
    if (c->handshaking)
        return handshake(c);
    if (c->asked != 0)
        return STEP_WAIT;
    switch (c->want) {
    case WANT_INPUT:
        return input(c);
    case WANT_FLUSH:
        c->want = WANT_INPUT;
        return flush(c);
    case WANT_CHECK:
        house_check(c);
        return STEP_ON;
    case WANT_VERDICT:
        if (c->name_state == NAME_ASKED)
            return STEP_WAIT;
        house_judge(c);
        return STEP_ON;
    case WANT_OPEN:
        if (c->name_state == NAME_ASKED)
            return STEP_WAIT;
        places_open(c);
        return STEP_ON;
    case WANT_WRITE:
        c->want = session_written(c->session, places_write(c));
        return STEP_ON;
    case WANT_COMMIT:
        places_commit(c);
        return STEP_ON;
    case WANT_ABORT:
        places_abort(c);
        c->want = session_aborted(c->session);
        return STEP_ON;
    case WANT_TLS:
        return begin_tls(c);
    case WANT_CLOSE:
        return finish(c);
    }
    return over(c, "no such want");
}

void conn_pump(struct conn *c)
{
    enum step s;

    c->reads = 0;
    while ((s = step(c)) == STEP_ON)
        ;
    if (s == STEP_OVER)
        conn_free(c);
}
