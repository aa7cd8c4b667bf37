/*
 * The payloads of MSG_OPEN and MSG_SPOOL (lib/msg.h), out of what the session
 * has of a transaction and of where its recipients go.
 *
 * queue gets, one recipient of the session after the other:
 *
 *   leads to               addresses, and their NOTIFY   and for a report
 *   Maildirs here          none                          "delivered"
 *   one address elsewhere  it, the same                  -
 *   any other mixture      each, less SUCCESS            "expanded"
 *
 * with the recipient's ORCPT each (RFC 3461 §5.2.7).  A recipient is named for
 * a report only where one is due: SUCCESS was asked for, by a sender that is
 * not null.
 */
#include "smtpd/handover.h"

#include "queue/job.h"

#include <string.h>

static void put_transaction(struct msg_out *out, const struct session *s,
                            unsigned flags)
{
    char sender[ADDRESS_TEXT];

    msg_put_u32(out, flags);
    msg_put_str(out, session_transaction_id(s));
    msg_put_str(out, address_text(session_sender(s), sender, sizeof(sender)));
}

void handover_open(struct msg_out *out, const struct session *s,
                   const struct routes *r)
{
    put_transaction(out, s, 0);
    msg_put_u32(out, (uint32_t)routes_local(r));
    for (size_t i = 0; i < r->n; i++) {
        struct accepted a = session_recipient_at(s, i);

        if (!r->v[i].local)
            continue;
        msg_put_str(out, a.local);
        msg_put_str(out, a.domain);
        msg_put_u32(out, r->v[i].known_by);
    }
}

static unsigned job_flags(const struct mail_params *p)
{
    return (p->utf8 ? JOB_UTF8 | JOB_8BIT : 0u) |
           (p->eight_bit ? JOB_8BIT : 0u) |
           (p->ret == RET_FULL   ? JOB_RET_FULL
            : p->ret == RET_HDRS ? JOB_RET_HDRS
                                 : 0u);
}

static void put_address(struct msg_out *out, const char *local,
                        const char *domain, unsigned notify, const char *orcpt)
{
    msg_put_str(out, local);
    msg_put_str(out, domain);
    msg_put_u32(out, notify);
    msg_put_str(out, orcpt);
}

/* Of one recipient; p is where its addresses are. Returns where they end. */
static const char *put_recipient(struct msg_out *out, const struct accepted *a,
                                 const struct route *r, const char *p)
{
    bool one = r->remote == 1 && !r->local;
    unsigned notify = one ? a->notify : dsn_notify_expanded(a->notify);

    for (size_t i = 0; i < r->remote; i++) {
        const char *domain = p + strlen(p) + 1;

        put_address(out, p, domain, notify, a->orcpt);
        p = domain + strlen(domain) + 1;
    }
    if (r->told)
        put_address(out, a->local, a->domain,
                    a->notify |
                        (r->remote > 0 ? NOTIFY_EXPANDED : NOTIFY_DELIVERED),
                    a->orcpt);
    return p;
}

void handover_spool(struct msg_out *out, const struct session *s,
                    const struct routes *r)
{
    const struct mail_params *params = session_params(s);
    const char *p = r->pool;

    put_transaction(out, s, job_flags(params));
    msg_put_str(out, params->envid);
    msg_put_u32(out, (uint32_t)routes_spooled(r));
    for (size_t i = 0; i < r->n; i++) {
        struct accepted a = session_recipient_at(s, i);

        p = put_recipient(out, &a, &r->v[i], p);
    }
}
