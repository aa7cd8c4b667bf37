/*
 * The session: octets become lines, and lines become commands.  See session.h
 * for the contract, and session_internal.h for who does what.
 *
 * The state changes through session_enter() alone.  Every public call that
 * moves the session leaves through settle(), so that a place given up is
 * always told before anything else happens.
 */
#include "lib/log.h"
#include "smtpd/session_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room that a command's replies may need; EHLO and a verdict are longest. */
#define REPLY_ROOM 1600

void session_enter(struct session *s, enum state state)
{
    s->state = state;
}

void session_reset(struct session *s)
{
    if (s->t.open)
        s->abort_due = true;
    recipients_release(&s->t.to);
    memset(&s->t, 0, sizeof(s->t));
}

enum want session_hang_up(struct session *s, const char *text)
{
    session_reset(s);
    session_enter(s, STATE_CLOSED);
    s->ending = text;
    return reply(s, "421 %s", text);
}

/* The one way out of every public call. */
static enum want settle(struct session *s, enum want want)
{
    if (s->abort_due) {
        s->abort_due = false;
        s->after_abort = want;
        want = WANT_ABORT;
    }
    s->waiting = want;
    return want;
}

/* Reads one line; false when its end is not there yet. */
static bool line_input(struct session *s, const char *buf, size_t len,
                       size_t *used, enum want *want)
{
    const char *end = memmem(buf, len, "\r\n", 2);

    if (end == NULL && len < SESSION_LINE && s->mode == MODE_LINE)
        return false;
    if (end == NULL) { /* too long: a CR at the end may be half of CRLF */
        s->mode = MODE_SKIP_LINE;
        *used = buf[len - 1] == '\r' ? len - 1 : len;
        return false;
    }
    *used = (size_t)(end + 2 - buf);
    if (s->mode == MODE_SKIP_LINE || *used > SESSION_LINE) {
        s->mode = MODE_LINE;
        *want = reply(s, "500 5.5.2 Line over %d octets", SESSION_LINE);
    } else {
        *want = session_command(s, buf, *used - 2);
    }
    return true;
}

enum want session_input(struct session *s, char *buf, size_t len, size_t *used)
{
    enum want want = WANT_INPUT;
    size_t n;

    assert(s->waiting == WANT_INPUT || s->waiting == WANT_FLUSH);
    *used = 0;
    while (want == WANT_INPUT && !s->abort_due && *used < len) {
        n = 0;
        if (s->out_len > sizeof(s->out) - REPLY_ROOM) {
            want = WANT_FLUSH;
        } else if (s->mode == MODE_DATA || s->mode == MODE_CHUNK) {
            want = data_input(s, buf + *used, len - *used, &n);
        } else if (!line_input(s, buf + *used, len - *used, &n, &want)) {
            *used += n;
            break;
        }
        *used += n;
    }
    return settle(s, want);
}

struct session *session_new(const struct session_limits *limits,
                            const struct netaddr *client, const char *id)
{
    struct session *s = xcalloc(1, sizeof(*s));

    s->limits = limits;
    s->client = *client;
    snprintf(s->id, sizeof(s->id), "%s", id);
    return s;
}

void session_free(struct session *s)
{
    if (s == NULL)
        return;
    recipients_release(&s->t.to);
    free(s);
}

enum want session_start(struct session *s)
{
    return settle(s, reply(s, "220 %s ESMTP Tarry", s->limits->hostname));
}

enum want session_end(struct session *s, const char *text)
{
    return settle(s, s->state == STATE_CLOSED ? WANT_CLOSE
                                              : session_hang_up(s, text));
}

enum want session_checked(struct session *s, enum checked checked)
{
    assert(s->waiting == WANT_CHECK);
    return settle(s, session_answer_check(s, checked));
}

enum want session_verdict(struct session *s, const struct verdict *v)
{
    assert(s->waiting == WANT_VERDICT);
    return settle(s, session_answer_verdict(s, v));
}

enum want session_opened(struct session *s, enum stored stored,
                         const char *name, time_t now)
{
    assert(s->waiting == WANT_OPEN);
    return settle(s, session_answer_opened(s, stored, name, now));
}

enum want session_written(struct session *s, enum stored stored)
{
    assert(s->waiting == WANT_WRITE);
    return settle(s, session_answer_written(s, stored));
}

enum want session_committed(struct session *s, enum stored stored)
{
    assert(s->waiting == WANT_COMMIT);
    return settle(s, session_answer_committed(s, stored));
}

enum want session_aborted(struct session *s)
{
    assert(s->waiting == WANT_ABORT);
    return settle(s, s->after_abort);
}

const char *session_output(const struct session *s, size_t *len)
{
    *len = s->out_len;
    return s->out;
}

void session_output_written(struct session *s, size_t n)
{
    memmove(s->out, s->out + n, s->out_len - n);
    s->out_len -= n;
}

bool session_in_transaction(const struct session *s)
{
    return s->state > STATE_READY && s->state < STATE_CLOSED;
}

bool session_in_data(const struct session *s)
{
    return s->state == STATE_DATA;
}

bool session_in_long_line(const struct session *s)
{
    return s->mode == MODE_SKIP_LINE;
}

const char *session_ending(const struct session *s)
{
    return s->ending != NULL ? s->ending : "deferred with 421";
}

const char *session_helo(const struct session *s)
{
    return s->helo;
}

const char *session_transaction_id(const struct session *s)
{
    return s->transaction_id;
}

const char *session_protocol(const struct session *s)
{
    if (s->t.params.utf8)
        return s->tls ? "UTF8SMTPS" : "UTF8SMTP";
    if (!s->esmtp)
        return "SMTP";
    return s->tls ? "ESMTPS" : "ESMTP";
}

size_t session_memory(const struct session_limits *l)
{
    /* The pool and the list double when they grow. */
    return sizeof(struct session) + 2 * SESSION_RECIPIENTS + 1024 +
           2 * (l->recipients + 4) * sizeof(struct recipient);
}

void session_on_event(struct session *s,
                      void (*hook)(void *arg, const struct session_event *),
                      void *arg)
{
    s->hook = hook;
    s->hook_arg = arg;
}
