/*
 * What became of each recipient, to the hook; and why a session came to
 * nothing before there was one.
 *
 * An outcome is told once, and by what the server said to the very command
 * that it concerns, or in our own words, which begin with an enhanced status
 * code and never with a reply code: queue can tell them apart by the flag, a
 * reader by the look.
 */
#include "queue/relay_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a reply means for a recipient, at a step where 3xx is not foreseen. */
static enum job_outcome outcome_of(const struct reply *r)
{
    return r->code < 300   ? OUTCOME_DELIVERED
           : r->code < 500 ? OUTCOME_DEFERRED
                           : OUTCOME_REFUSED;
}

static void result_init(const struct relay_session *s, struct job_result *r,
                        enum job_outcome outcome)
{
    memset(r, 0, sizeof(*r));
    r->outcome = outcome;
    r->step = relay_session_step(s);
    if (s->tls)
        r->flags |= RESULT_TLS;
    if (s->extensions & EXT_DSN)
        r->flags |= RESULT_DSN;
}

static void result_reply(const struct relay_session *s, struct job_result *r)
{
    result_init(s, r, outcome_of(&s->reply));
    r->flags |= RESULT_REMOTE;
    memcpy(r->reply, s->reply.text, s->reply.len + 1);
}

static void tell(struct relay_session *s, struct job_result *r, unsigned index)
{
    if (s->recipients[index] == TOLD)
        return;
    s->recipients[index] = TOLD;
    r->index = index;
    s->hooks.result(s->arg, r);
}

static void tell_all(struct relay_session *s, struct job_result *r)
{
    for (unsigned i = 0; i < s->job->nrecipients; i++)
        tell(s, r, i);
    s->accepted = 0;
}

bool relay_told_any(const struct relay_session *s)
{
    for (unsigned i = 0; i < s->job->nrecipients; i++)
        if (s->recipients[i] == TOLD)
            return true;
    return false;
}

void relay_tell_reply(struct relay_session *s, unsigned index)
{
    struct job_result r;

    result_reply(s, &r);
    /* "Too many recipients", in words of old (RFC 5321 §4.5.3.1.10). */
    if (s->reply.code == 552 && s->accepted > 0 &&
        (reply_enhanced(&s->reply) == NULL ||
         strncmp(reply_enhanced(&s->reply), "5.5.3", 5) == 0))
        r.outcome = OUTCOME_DEFERRED;
    tell(s, &r, index);
}

void relay_tell_all(struct relay_session *s)
{
    struct job_result r;

    result_reply(s, &r);
    tell_all(s, &r);
}

/* Own words may quote the server; they are cut before they could be split. */
static void result_own(const struct relay_session *s, struct job_result *r,
                       enum job_outcome outcome, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));
static void result_own(const struct relay_session *s, struct job_result *r,
                       enum job_outcome outcome, const char *fmt, va_list ap)
{
    result_init(s, r, outcome);
    vsnprintf(r->reply, sizeof(r->reply), fmt, ap);
}

void relay_tell_all_own(struct relay_session *s, enum job_outcome outcome,
                        const char *fmt, ...)
{
    struct job_result r;
    va_list ap;

    va_start(ap, fmt);
    result_own(s, &r, outcome, fmt, ap);
    va_end(ap);
    tell_all(s, &r);
}

void relay_fail(struct relay_session *s)
{
    result_reply(s, &s->failure);
    s->failed = true;
    relay_command(s, "QUIT");
    relay_enter(s, RELAY_CLOSED);
}

void relay_fail_own(struct relay_session *s, enum job_outcome outcome,
                    const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    result_own(s, &s->failure, outcome, fmt, ap);
    va_end(ap);
    s->failed = true;
    relay_enter(s, RELAY_CLOSED);
}
