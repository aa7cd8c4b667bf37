/* What deliver and queue are told of a transaction. Pure. */
#ifndef TARRY_HANDOVER_H
#define TARRY_HANDOVER_H

#include "smtpd/routes.h"
#include "smtpd/session.h"

/* The payload of MSG_OPEN: the recipients that stay here. */
void handover_open(struct msg_out *out, const struct session *s,
                   const struct routes *r);
/* That of MSG_SPOOL: the addresses that leave, and successes to report. */
void handover_spool(struct msg_out *out, const struct session *s,
                    const struct routes *r);

#endif
