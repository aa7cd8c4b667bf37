/*
 * smtpd's side of queue: SPOOL, COMMIT and ABORT, as deliver has OPEN.
 *
 *   (none) --SPOOL--> open --COMMIT--> committing --done--> (none)
 *                      |                   |
 *                    ABORT               ABORT: it is not answered, and not
 *                      |                   |    queued if that can be helped
 *                      +----> (none) <-----+
 *
 * smtpd talks to strangers and may be in their hands: what it sends is parsed
 * anew, and a breach ends its channel.
 */
#include "queue/queue_internal.h"

#include "lib/log.h"

#include <string.h>

#define SESSION 32

static void answer(struct queue *q, enum msg_type type, uint64_t id,
                   enum stored stored, int fd)
{
    static struct msg_out out;

    if (q->smtpd == NULL)
        return;
    msg_reset(&out);
    msg_put_u32(&out, stored);
    chan_send(q->smtpd, type, id, &out, fd);
}

static struct accept **find(struct queue *q, uint64_t key)
{
    struct accept **at = &q->accepts;

    while (*at != NULL && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

/* As the sender gave it; of what is only to be reported, success alone. */
static bool fine_notify(unsigned notify)
{
    switch (notify & ~(unsigned)NOTIFY_WORDS) {
    case 0:
        return true;
    case NOTIFY_DELIVERED:
    case NOTIFY_EXPANDED:
        return notify & NOTIFY_SUCCESS;
    default:
        return false;
    }
}

static bool fine_orcpt(const char *orcpt, const struct accept *a)
{
    return orcpt[0] == '\0' ||
           dsn_is_orcpt(orcpt, strlen(orcpt), a->record.flags & JOB_UTF8);
}

static bool read_recipient(struct msg_in *in, struct accept *a)
{
    unsigned flags = ADDRESS_UTF8;
    char text[ADDRESS_TEXT], orcpt[DSN_ORCPT];
    struct address to = {0};
    uint32_t notify;

    if (!msg_get_str(in, to.local, sizeof(to.local)) ||
        !msg_get_str(in, to.domain, sizeof(to.domain)) ||
        !msg_get_u32(in, &notify) || !msg_get_str(in, orcpt, sizeof(orcpt)) ||
        !fine_notify(notify) || !fine_orcpt(orcpt, a) || to.local[0] == '\0')
        return false;
    address_text(&to, text, sizeof(text));
    if (notify > NOTIFY_WORDS) /* it need not be sent anywhere */
        flags |= ADDRESS_POSTMASTER;
    if (address_parse(text, flags, &to) != ADDRESS_OK)
        return false;
    accept_recipient(a, text, notify, orcpt);
    return true;
}

/* NULL when it is malformed. */
static struct accept *read_spool(struct queue *q, struct msg_in *in)
{
    char session[SESSION], sender[ADDRESS_TEXT], envid[DSN_ENVID];
    struct address from;
    struct accept *a;
    uint32_t flags, n;

    if (!msg_get_u32(in, &flags) || flags > 63 ||
        !msg_get_str(in, session, sizeof(session)) ||
        !msg_get_str(in, sender, sizeof(sender)) ||
        !msg_get_str(in, envid, sizeof(envid)) || !msg_get_u32(in, &n) ||
        n == 0 || n > RECORD_RECIPIENTS ||
        (envid[0] != '\0' && !dsn_is_envid(envid, strlen(envid))) ||
        (sender[0] != '\0' &&
         address_parse(sender, ADDRESS_UTF8, &from) != ADDRESS_OK))
        return NULL;
    a = accept_new(q, flags, session, sender, envid);
    for (uint32_t i = 0; i < n; i++)
        if (!read_recipient(in, a)) {
            accept_abort(a);
            return NULL;
        }
    if (msg_done(in))
        return a;
    accept_abort(a);
    return NULL;
}

static const char *open_spool(struct queue *q, struct msg *m)
{
    enum stored stored;
    struct accept *a;

    if (*find(q, m->id) != NULL)
        return "SPOOL on top of another";
    a = read_spool(q, &m->in);
    if (a == NULL)
        return "malformed SPOOL";
    a->key = m->id;
    stored = accept_open(a);
    answer(q, MSG_OPENED, m->id, stored, a->fd);
    if (stored != STORED_OK) {
        accept_abort(a);
        return NULL;
    }
    a->next = q->accepts;
    q->accepts = a;
    return NULL;
}

static void on_done(struct accept *a, enum stored stored)
{
    struct queue *q = a->arg;
    struct accept **at = find(q, a->key);

    if (*at == a)
        *at = a->next;
    answer(q, MSG_COMMITTED, a->key, stored, -1);
}

static const char *commit(struct queue *q, struct msg *m)
{
    struct accept *a = *find(q, m->id);
    uint64_t octets;

    if (!msg_get_u64(&m->in, &octets) || !msg_done(&m->in))
        return "malformed COMMIT";
    if (a == NULL || a->committing)
        return "COMMIT of nothing";
    accept_commit(a, octets, on_done, q);
    return NULL;
}

static void forget(struct queue *q, struct accept **at)
{
    struct accept *a = *at;

    (void)q;
    *at = a->next;
    if (a->committing)
        a->cancelled = true;
    else
        accept_abort(a);
}

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    struct queue *q = arg;
    const char *wrong = NULL;
    struct accept **at;

    switch (m->type) {
    case MSG_SPOOL:
        wrong = open_spool(q, m);
        break;
    case MSG_COMMIT:
        wrong = commit(q, m);
        break;
    default: /* MSG_ABORT: the table lets nothing else through */
        at = find(q, m->id);
        if (*at != NULL)
            forget(q, at);
    }
    if (wrong != NULL)
        chan_violation(c, wrong);
}

void queue_smtpd_gone(struct queue *q)
{
    while (q->accepts != NULL)
        forget(q, &q->accepts);
    chan_free(q->smtpd);
    q->smtpd = NULL;
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    (void)c;
    log_info("smtpd is gone (%s)", why);
    queue_smtpd_gone(arg);
}

void queue_smtpd_peer(struct queue *q, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    queue_smtpd_gone(q);
    q->smtpd = chan_new(q->base, fd, PROGRAM_QUEUE, PROGRAM_SMTPD, &ops, q);
    chan_phase(q->smtpd, PHASE_RUNNING);
}
