/*
 * The first replies: greeting, EHLO (RFC 5321 §4.1.1.1), HELO for servers
 * that know no better, STARTTLS (RFC 3207).
 *
 * TLS is used when it is offered.  A server that offers it and then declines
 * is spoken to in the clear, unless the job forbids that: a message that
 * waits for ever is no more secret than one that arrives.  What was offered
 * in the clear is forgotten inside TLS.
 */
#include "queue/relay_internal.h"

#include <string.h>
#include <strings.h>

#define JOB_NEEDS_TLS (JOB_TLS_REQUIRED | JOB_TLS_VERIFIED)

void relay_say_ehlo(struct relay_session *s)
{
    relay_command(s, "EHLO %s", s->job->helo);
    relay_enter(s, RELAY_EHLO);
}

void relay_on_greeting(struct relay_session *s)
{
    if (s->reply.code == 220)
        relay_say_ehlo(s);
    else if (s->reply.code >= 400)
        relay_fail(s);
    else
        relay_unexpected(s);
}

/* Up to 19 digits, or no limit. */
static uint64_t read_size(const char *text, size_t len)
{
    uint64_t n = 0;

    if (len == 0 || len > 19)
        return 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        n = 10 * n + (unsigned)(text[i] - '0');
    }
    return n;
}

/* A line of the reply to EHLO: KEYWORD SP parameters. */
static void take_keyword(struct relay_session *s, const char *text, size_t len)
{
    static const struct {
        const char *name;
        enum extension bit;
    } known[] = {
        {"PIPELINING", EXT_PIPELINING}, {"SIZE", EXT_SIZE},
        {"8BITMIME", EXT_8BITMIME},     {"SMTPUTF8", EXT_SMTPUTF8},
        {"CHUNKING", EXT_CHUNKING},     {"DSN", EXT_DSN},
        {"STARTTLS", EXT_STARTTLS},
    };
    const char *space = memchr(text, ' ', len);
    size_t n = space != NULL ? (size_t)(space - text) : len;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) != n || strncasecmp(known[i].name, text, n))
            continue;
        s->extensions |= known[i].bit;
        if (known[i].bit == EXT_SIZE && n < len)
            s->size_limit = read_size(text + n + 1, len - n - 1);
    }
}

/* Greeted: TLS now if it can be had, or the message. */
static void go_on(struct relay_session *s, bool tls_declined)
{
    if (!s->tls && !tls_declined && s->use == RELAY_TLS_OFFERED &&
        s->extensions & EXT_STARTTLS) {
        relay_command(s, "STARTTLS");
        relay_enter(s, RELAY_STARTTLS);
    } else if (!s->tls && s->job->flags & JOB_NEEDS_TLS) {
        relay_fail_own(s, OUTCOME_DEFERRED,
                       "4.7.4 TLS is required, and the server does not "
                       "offer it");
    } else {
        relay_begin_job(s);
    }
}

void relay_on_ehlo(struct relay_session *s)
{
    const char *text;
    size_t len;

    s->extensions = 0;
    s->size_limit = 0;
    if (s->reply.code >= 500) {
        relay_command(s, "HELO %s", s->job->helo);
        relay_enter(s, RELAY_HELO);
    } else if (s->reply.code >= 400) {
        relay_fail(s);
    } else if (s->reply.code == 250) {
        for (unsigned i = 1; reply_line(&s->reply, i, &text, &len); i++)
            take_keyword(s, text, len);
        go_on(s, false);
    } else {
        relay_unexpected(s);
    }
}

void relay_on_helo(struct relay_session *s)
{
    if (s->reply.code >= 400)
        relay_fail(s);
    else if (s->reply.code == 250)
        go_on(s, false);
    else
        relay_unexpected(s);
}

void relay_on_starttls(struct relay_session *s)
{
    if (s->reply.code == 220)
        relay_enter(s, RELAY_HANDSHAKE);
    else if (s->reply.code < 400)
        relay_unexpected(s);
    else if (s->job->flags & JOB_NEEDS_TLS)
        relay_fail_own(s, OUTCOME_DEFERRED,
                       "4.7.4 TLS is required, and the server declines: "
                       "%.200s",
                       s->reply.text);
    else
        go_on(s, true);
}
