/*
 * The client session: octets to replies, replies to their handlers by state.
 *
 * Whatever happens but a reply in its place (one that is none, a connection
 * that ends, a time that is over) defers, but for one case: when the end of
 * the message was written and no answer could be read, nobody knows, and that
 * is what is told.
 *
 * A reply answers a command that was written.  One that comes sooner is out of
 * step, and so would be all that follow: that of the last RCPT would be taken
 * for that of the message.  It ends the session.
 *
 * Before MAIL nothing concerns a recipient: what fails there is the host, and
 * the caller may know a better one (RFC 5321 §5.1).  The same holds for a
 * session that was kept for this job and turns out to have died meanwhile, and
 * for one that is lost before the end of the message, unless a recipient was
 * told an outcome.
 */
#include "queue/relay_internal.h"

#include "lib/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_nothing(struct relay_session *s)
{
    relay_enter(s, RELAY_CLOSED);
}

static const struct {
    void (*reply)(struct relay_session *);
    enum job_step step;
    enum job_time time;
} states[RELAY_STATES] = {
    [RELAY_GREETING] = {relay_on_greeting, STEP_GREETING, TIME_GREETING},
    [RELAY_EHLO] = {relay_on_ehlo, STEP_HELLO, TIME_HELLO},
    [RELAY_HELO] = {relay_on_helo, STEP_HELLO, TIME_HELLO},
    [RELAY_STARTTLS] = {relay_on_starttls, STEP_STARTTLS, TIME_HELLO},
    [RELAY_HANDSHAKE] = {relay_unexpected, STEP_TLS, TIME_HELLO},
    [RELAY_RSET] = {relay_on_rset, STEP_MAIL, TIME_HELLO},
    [RELAY_ENVELOPE] = {relay_on_envelope, STEP_MAIL, TIME_MAIL},
    [RELAY_DATA] = {relay_on_data, STEP_DATA, TIME_DATA},
    [RELAY_MESSAGE] = {relay_on_message, STEP_DATA, TIME_BLOCK},
    [RELAY_DOT] = {relay_on_dot, STEP_DOT, TIME_DOT},
    [RELAY_DONE] = {on_nothing, STEP_DOT, TIME_HELLO},
    [RELAY_QUIT] = {on_nothing, STEP_DOT, TIME_HELLO},
    [RELAY_CLOSED] = {on_nothing, STEP_DOT, TIME_HELLO},
};

struct relay_session *relay_session_new(const struct job *job,
                                        enum relay_tls_use use,
                                        const struct relay_hooks *hooks,
                                        void *arg)
{
    struct relay_session *s = xcalloc(1, sizeof(*s));

    s->job = job;
    s->use = use;
    s->hooks = *hooks;
    s->arg = arg;
    return s;
}

void relay_session_free(struct relay_session *s)
{
    free(s);
}

void relay_enter(struct relay_session *s, enum relay_state state)
{
    s->state = state;
    s->progress++;
}

enum relay_want relay_want(const struct relay_session *s)
{
    switch (s->state) {
    case RELAY_HANDSHAKE:
        return RELAY_TLS;
    case RELAY_MESSAGE:
        return relay_wants_message(s) ? RELAY_BODY : RELAY_READ;
    case RELAY_DONE:
        return RELAY_IDLE;
    case RELAY_CLOSED:
        return RELAY_CLOSE;
    default:
        return RELAY_READ;
    }
}

void relay_command(struct relay_session *s, const char *fmt, ...)
{
    size_t room = sizeof(s->out) - s->out_len;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(s->out + s->out_len, room, fmt, ap);
    va_end(ap);
    assert(n >= 0 && (size_t)n + 2 < room);
    s->out_len += (size_t)n;
    memcpy(s->out + s->out_len, "\r\n", 2);
    s->out_len += 2;
}

enum job_step relay_session_step(const struct relay_session *s)
{
    if (s->state == RELAY_ENVELOPE && s->answered > 0)
        return STEP_RCPT;
    return states[s->state].step;
}

/* True while what fails is the host and not the message. */
static bool before_mail(const struct relay_session *s)
{
    return s->state <= RELAY_RSET ||
           (s->state == RELAY_ENVELOPE && s->reused && s->answered == 0);
}

static void end(struct relay_session *s, const char *why)
{
    /* What the kernel has not taken, nobody has seen. */
    bool unknown = s->state == RELAY_DOT && s->out_len == 0;

    if (s->state >= RELAY_DONE)
        relay_enter(s, RELAY_CLOSED);
    else if (before_mail(s) || (s->state < RELAY_DOT && !relay_told_any(s)))
        relay_fail_own(s, OUTCOME_DEFERRED, "%s", why);
    else
        relay_tell_all_own(s, unknown ? OUTCOME_UNKNOWN : OUTCOME_DEFERRED,
                           "%s", why);
    relay_enter(s, RELAY_CLOSED);
}

enum relay_want relay_session_lost(struct relay_session *s, const char *why)
{
    end(s, why);
    return RELAY_CLOSE;
}

void relay_unexpected(struct relay_session *s)
{
    char why[256];

    snprintf(why, sizeof(why), "4.5.0 Out of place: %.200s", s->reply.text);
    end(s, why);
}

/* 421 ends any session, whatever it answers (RFC 5321 §3.8). */
static void on_421(struct relay_session *s)
{
    if (before_mail(s))
        relay_fail(s);
    else if (s->state < RELAY_DONE)
        relay_tell_all(s);
    relay_enter(s, RELAY_CLOSED);
}

/*
 * True when the reply answers what is not wholly written yet.  Bad news of the
 * message may come at any time; a pipeline is written in pieces.
 */
static bool is_early(const struct relay_session *s)
{
    unsigned commands = 0;

    if (s->out_len == 0)
        return false;
    if (s->state == RELAY_MESSAGE || s->state == RELAY_DOT)
        return s->reply.code < 400 && s->sent - s->answered <= 1;
    for (size_t i = 0; i < s->out_len; i++)
        commands += s->out[i] == '\n';
    return s->state != RELAY_ENVELOPE || s->sent - s->answered <= commands;
}

static void on_reply(struct relay_session *s)
{
    s->progress++;
    if (s->reply.code == 421)
        on_421(s);
    else if (is_early(s))
        relay_unexpected(s);
    else
        states[s->state].reply(s);
    reply_reset(&s->reply);
}

enum relay_want relay_session_input(struct relay_session *s, const char *buf,
                                    size_t len)
{
    char why[128];

    while (len > 0 && s->state != RELAY_CLOSED) {
        size_t used;
        enum reply_status status;

        if (s->state == RELAY_HANDSHAKE) {
            /* Injected before TLS, it would be read inside (CVE-2011-0411). */
            relay_enter(s, RELAY_STARTTLS);
            end(s, "4.7.0 Octets in the clear behind the answer to STARTTLS");
            break;
        }
        status = reply_read(&s->reply, buf, len, &used);
        if (status == REPLY_BAD) {
            snprintf(why, sizeof(why), "4.5.0 The server sent %s",
                     s->reply.bad);
            end(s, why);
            break;
        }
        buf += used;
        len -= used;
        if (status == REPLY_DONE)
            on_reply(s);
    }
    return relay_want(s);
}

enum relay_want relay_session_start(struct relay_session *s)
{
    return relay_want(s);
}

enum relay_want relay_session_job(struct relay_session *s,
                                  const struct job *job)
{
    assert(s->state == RELAY_DONE);
    s->job = job;
    s->reused = true;
    relay_begin_job(s);
    return relay_want(s);
}

enum relay_want relay_session_quit(struct relay_session *s)
{
    assert(s->state == RELAY_DONE);
    relay_command(s, "QUIT");
    relay_enter(s, RELAY_QUIT);
    return relay_want(s);
}

enum relay_want relay_session_tls(struct relay_session *s)
{
    assert(s->state == RELAY_HANDSHAKE);
    s->tls = true;
    relay_say_ehlo(s);
    return relay_want(s);
}

const char *relay_session_output(const struct relay_session *s, size_t *len)
{
    *len = s->out_len;
    return s->out;
}

enum relay_want relay_session_written(struct relay_session *s, size_t n)
{
    assert(n <= s->out_len);
    s->out_len -= n;
    memmove(s->out, s->out + n, s->out_len);
    if (s->state == RELAY_MESSAGE || s->state == RELAY_DOT)
        s->progress++;
    if (s->state == RELAY_ENVELOPE)
        relay_more_envelope(s);
    return relay_want(s);
}

const struct job_result *relay_session_failure(const struct relay_session *s)
{
    return s->failed ? &s->failure : NULL;
}

enum job_time relay_session_time(const struct relay_session *s)
{
    if (s->state == RELAY_DOT && s->out_len > 0)
        return TIME_BLOCK;
    if (s->state == RELAY_ENVELOPE && s->answered > 0)
        return TIME_RCPT;
    return states[s->state].time;
}

uint64_t relay_session_progress(const struct relay_session *s)
{
    return s->progress;
}

bool relay_session_has_tls(const struct relay_session *s)
{
    return s->tls;
}
