/*
 * MAIL and RCPT (RFC 5321 §4.1.1.2, §4.1.1.3), and the recipients that a
 * transaction has gathered.
 *
 * A recipient is asked for twice: deliver knows whether it exists, and only
 * then the verdict (greylisting) says whether it may be delivered now; so an
 * unknown user is told so at once, and makes no greylist record.
 */
#include "lib/log.h"
#include "smtpd/params.h"
#include "smtpd/session_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where the path begins behind "FROM:" or "TO:", or NULL. */
static const char *path_start(const struct command *c, const char *keyword)
{
    size_t len = strlen(keyword);
    const char *p = c->args + len, *end = c->args + c->len;

    if (c->len < len || strncasecmp(c->args, keyword, len) != 0)
        return NULL;
    while (p < end && *p == ' ')
        p++;
    return p;
}

static void begin_transaction(struct session *s)
{
    int n;

    session_reset(s);
    s->transactions++;
    n = snprintf(s->transaction_id, sizeof(s->transaction_id), "%s", s->id);
    if (s->transactions > 1)
        snprintf(s->transaction_id + n, sizeof(s->transaction_id) - (size_t)n,
                 ".%u", s->transactions);
}

/* The parameters that were offered: none after HELO, which offers nothing. */
static unsigned params_known(const struct session *s)
{
    return (s->limits->dsn && s->esmtp ? PARAMS_DSN : 0) |
           (s->t.params.utf8 ? PARAMS_UTF8 : 0);
}

enum want do_mail(struct session *s, const struct command *c)
{
    const char *path = path_start(c, "FROM:"), *end = c->args + c->len;
    struct address sender;
    struct mail_params params;
    enum address_error e;
    size_t used;

    if (path == NULL)
        return reply(s, "501 5.5.4 Write MAIL FROM:<address>");
    e = address_path(path, (size_t)(end - path), ADDRESS_NULL | ADDRESS_UTF8,
                     &sender, &used);
    if (e != ADDRESS_OK)
        return reply(s, "501 5.1.7 Sender: %s", address_error_text(e));
    path += used;
    switch (params_mail(path, (size_t)(end - path), params_known(s), &params)) {
    case PARAMS_UNKNOWN:
        return reply(s, "555 5.5.4 Unknown parameter of MAIL");
    case PARAMS_MALFORMED:
        return reply(s, "501 5.5.4 Malformed or repeated parameter of MAIL");
    case PARAMS_OK:
        break;
    }
    if (sender.utf8 && !params.utf8)
        return reply(s, "553 5.6.7 Sender: %s",
                     address_error_text(ADDRESS_NOT_ASCII));
    if (params.size > s->limits->message)
        return reply(s, "552 5.3.4 Message over %llu octets",
                     (unsigned long long)s->limits->message);
    begin_transaction(s);
    s->t.sender = sender;
    s->t.params = params;
    session_enter(s, STATE_MAIL);
    return reply(s, "250 2.1.0 Ok");
}

/* A refused RCPT: the transaction goes on with those accepted. */
static void refused(struct session *s)
{
    if (s->state == STATE_MAIL)
        session_enter(s, STATE_REFUSED);
}

static bool room_for_recipient(const struct session *s)
{
    const struct recipients *r = &s->t.to;
    size_t octets = strlen(s->recipient.local) + strlen(s->recipient.domain) +
                    strlen(s->recipient_params.orcpt) + 8; /* in OPEN */

    return r->n < s->limits->recipients &&
           r->len + octets <= SESSION_RECIPIENTS;
}

enum want do_rcpt(struct session *s, const struct command *c)
{
    const char *path = path_start(c, "TO:"), *end = c->args + c->len;
    unsigned flags = ADDRESS_POSTMASTER | ADDRESS_UTF8;
    enum params_result params;
    enum address_error e;
    size_t used;

    memset(&s->recipient, 0, sizeof(s->recipient));
    refused(s); /* until it is accepted */
    if (path == NULL)
        return reply_event(s, EVENT_RCPT, "501 5.5.4 Write RCPT TO:<address>");
    e = address_path(path, (size_t)(end - path), flags, &s->recipient, &used);
    if (e != ADDRESS_OK)
        return reply_event(s, EVENT_RCPT, "501 5.1.3 Recipient: %s",
                           address_error_text(e));
    path += used;
    params = params_rcpt(path, (size_t)(end - path), params_known(s),
                         &s->recipient_params);
    if (params != PARAMS_OK)
        return reply_event(
            s, EVENT_RCPT, "%s",
            params == PARAMS_UNKNOWN
                ? "555 5.5.4 Unknown parameter of RCPT"
                : "501 5.5.4 Malformed or repeated parameter of RCPT");
    if (s->recipient.utf8 && !s->t.params.utf8)
        return reply_event(s, EVENT_RCPT, "553 5.6.7 Recipient: %s",
                           address_error_text(ADDRESS_NOT_ASCII));
    if (!room_for_recipient(s))
        return session_answer_check(s, CHECKED_TOO_MANY);
    return WANT_CHECK;
}

enum want session_answer_check(struct session *s, enum checked checked)
{
    switch (checked) {
    case CHECKED_LOCAL:
    case CHECKED_REMOTE:
        return WANT_VERDICT;
    case CHECKED_UNKNOWN:
        return reply_event(s, EVENT_RCPT, "550 5.1.1 No such user here");
    case CHECKED_NOT_OURS:
        return reply_event(s, EVENT_RCPT, "550 5.7.1 Relaying denied");
    case CHECKED_TOO_MANY:
        return reply_event(s, EVENT_RCPT, "452 4.5.3 Too many recipients");
    case CHECKED_FAILURE:
        break;
    }
    return reply_event(s, EVENT_RCPT, "451 4.3.0 Cannot tell now, try later");
}

static void put_string(struct recipients *r, const char *text)
{
    size_t n = strlen(text) + 1;

    if (r->len + n > r->size) {
        r->size = r->size * 2 + n + 128;
        r->pool = xrealloc(r->pool, r->size, 1);
    }
    memcpy(r->pool + r->len, text, n);
    r->len += n;
}

static void add_recipient(struct recipients *r, const struct address *a,
                          const struct rcpt_params *params)
{
    if (r->n == r->room) {
        r->room = r->room * 2 + 4;
        r->v = xrealloc(r->v, r->room, sizeof(*r->v));
    }
    r->v[r->n++] = (struct recipient){.offset = (unsigned)r->len,
                                      .notify = params->notify};
    put_string(r, a->local);
    put_string(r, a->domain);
    put_string(r, params->orcpt);
}

void recipients_release(struct recipients *r)
{
    free(r->pool);
    free(r->v);
    memset(r, 0, sizeof(*r));
}

enum want session_answer_verdict(struct session *s, const struct verdict *v)
{
    if (v->judged == JUDGED_DEFER)
        return reply_verdict(s, v->reply);
    if (v->judged == JUDGED_DEFER_AT_DATA && s->t.defer[0] == '\0')
        memcpy(s->t.defer, v->reply, sizeof(s->t.defer));
    if (v->judged == JUDGED_PASS && s->t.header[0] == '\0')
        memcpy(s->t.header, v->header, sizeof(s->t.header));
    add_recipient(&s->t.to, &s->recipient, &s->recipient_params);
    session_enter(s, STATE_RCPT);
    return reply_event(s, EVENT_RCPT, "250 2.1.5 Ok");
}

const struct address *session_recipient(const struct session *s)
{
    return &s->recipient;
}

const struct rcpt_params *session_recipient_params(const struct session *s)
{
    return &s->recipient_params;
}

const struct mail_params *session_params(const struct session *s)
{
    return &s->t.params;
}

const struct address *session_sender(const struct session *s)
{
    return &s->t.sender;
}

size_t session_recipient_count(const struct session *s)
{
    return s->t.to.n;
}

struct accepted session_recipient_at(const struct session *s, size_t i)
{
    const struct recipient *r = &s->t.to.v[i];
    const char *local = s->t.to.pool + r->offset;
    const char *domain = local + strlen(local) + 1;

    return (struct accepted){.local = local,
                             .domain = domain,
                             .notify = r->notify,
                             .orcpt = domain + strlen(domain) + 1};
}
