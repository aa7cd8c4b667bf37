/*
 * The envelope: RSET, MAIL, RCPT, with the parameters that the server offers
 * and the message needs (RFC 1870, 6152, 6531, 3461).
 *
 * What a message needs and the server does not offer is found before MAIL,
 * and refused in our own words: no server is asked to take what it cannot.
 * Another host of the domain may offer it.
 *
 * With PIPELINING (RFC 2920) all of the envelope goes at once; DATA does not
 * go along, because an answer of 354 with no recipient left would have us send
 * the message to nobody.
 */
#include "queue/relay_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In our own words what is wrong between this message and this server. */
static bool refuse(struct relay_session *s)
{
    const struct job *j = s->job;

    if (j->flags & JOB_UTF8 && !(s->extensions & EXT_SMTPUTF8))
        relay_fail_own(s, OUTCOME_REFUSED,
                       "5.6.7 The message needs SMTPUTF8, which the server "
                       "does not offer");
    else if (j->flags & JOB_8BIT && !(s->extensions & EXT_8BITMIME))
        relay_fail_own(s, OUTCOME_REFUSED,
                       "5.6.3 The message needs 8BITMIME, which the server "
                       "does not offer");
    else if (s->size_limit > 0 && j->size > s->size_limit)
        relay_fail_own(s, OUTCOME_REFUSED,
                       "5.3.4 The message has %" PRIu64
                       " octets, and the server takes %" PRIu64,
                       j->size, s->size_limit);
    else
        return false;
    return true;
}

static void begin_envelope(struct relay_session *s)
{
    s->dirty = true;
    relay_enter(s, RELAY_ENVELOPE);
    relay_more_envelope(s);
}

void relay_begin_job(struct relay_session *s)
{
    memset(s->recipients, 0, sizeof(s->recipients));
    s->accepted = 0;
    s->sent = s->answered = 0;
    s->mail_refused = false;
    relay_enter(s, RELAY_ENVELOPE);
    if (refuse(s)) {
        relay_command(s, "QUIT");
    } else if (s->dirty) {
        relay_command(s, "RSET");
        relay_enter(s, RELAY_RSET);
    } else {
        begin_envelope(s);
    }
}

void relay_on_rset(struct relay_session *s)
{
    if (s->reply.code < 300)
        begin_envelope(s);
    else
        relay_fail(s);
}

static void mail(struct relay_session *s)
{
    const struct job *j = s->job;
    unsigned ext = s->extensions;
    const char *ret = !(ext & EXT_DSN)          ? ""
                      : j->flags & JOB_RET_FULL ? " RET=FULL"
                      : j->flags & JOB_RET_HDRS ? " RET=HDRS"
                                                : "";
    bool envid = (ext & EXT_DSN) && j->envid[0] != '\0';
    char size[32] = "";

    if (ext & EXT_SIZE)
        snprintf(size, sizeof(size), " SIZE=%" PRIu64, j->size);
    relay_command(s, "MAIL FROM:<%s>%s%s%s%s%s%s", j->sender, size,
                  j->flags & (JOB_8BIT | JOB_UTF8) && ext & EXT_8BITMIME
                      ? " BODY=8BITMIME"
                      : "",
                  j->flags & JOB_UTF8 ? " SMTPUTF8" : "", ret,
                  envid ? " ENVID=" : "", envid ? j->envid : "");
}

static void notify_text(unsigned notify, char *out, size_t size)
{
    static const char *const words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
    const char *before = " NOTIFY=";
    size_t len = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!(notify & 1u << i))
            continue;
        len +=
            (size_t)snprintf(out + len, size - len, "%s%s", before, words[i]);
        before = ",";
    }
}

static void rcpt(struct relay_session *s, const struct job_recipient *r)
{
    bool dsn = s->extensions & EXT_DSN;
    bool orcpt = dsn && r->orcpt[0] != '\0';
    char notify[64] = "";

    if (dsn)
        notify_text(r->notify, notify, sizeof(notify));
    relay_command(s, "RCPT TO:<%s>%s%s%s", r->address, notify,
                  orcpt ? " ORCPT=" : "", orcpt ? r->orcpt : "");
}

void relay_more_envelope(struct relay_session *s)
{
    while (s->sent <= s->job->nrecipients && !s->mail_refused &&
           (s->extensions & EXT_PIPELINING || s->sent == s->answered) &&
           sizeof(s->out) - s->out_len > RELAY_COMMAND) {
        if (s->sent == 0)
            mail(s);
        else
            rcpt(s, &s->job->recipients[s->sent - 1]);
        s->sent++;
    }
}

static void on_mail(struct relay_session *s)
{
    if (s->reply.code < 300)
        return;
    s->mail_refused = true;
    relay_tell_all(s);
}

static void on_rcpt(struct relay_session *s, unsigned index)
{
    if (s->recipients[index] == TOLD)
        return;
    if (s->reply.code < 300) {
        s->recipients[index] = ACCEPTED;
        s->accepted++;
    } else {
        relay_tell_reply(s, index);
    }
}

void relay_on_envelope(struct relay_session *s)
{
    if (s->reply.code / 100 == 3) {
        relay_unexpected(s);
        return;
    }
    if (s->answered == 0)
        on_mail(s);
    else
        on_rcpt(s, s->answered - 1);
    s->answered++;
    relay_more_envelope(s);
    if (s->answered < s->sent)
        return;
    if (s->accepted > 0)
        relay_begin_data(s);
    else
        relay_enter(s, RELAY_DONE);
}
