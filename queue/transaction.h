/* One transaction of an SMTP session, from OPEN to the answer to COMMIT. */
#ifndef TARRY_TRANSACTION_H
#define TARRY_TRANSACTION_H

#include "queue/delivery.h"
#include "queue/held.h"
#include "queue/recipients.h"

struct transaction {
    struct transaction *next; /* in its bucket */
    struct delivery *delivery;
    struct mailboxes to; /* in the order of delivery->files */
    bool committing;     /* the delivery is the flusher's */
};

/*
 * A file, open for the body; then, with the body in it, the Maildirs of all
 * that get a copy.  -1 when the delivery has failed, which says why.
 */
int transaction_begin(struct transaction *x, struct maildirs *kept,
                      const struct recipients *r);
int transaction_finish(struct transaction *x, struct maildirs *kept,
                       uint64_t octets);

/*
 * It has failed on account of the mailbox at path.  That is held back, if it
 * kept the message from other recipients: a full disk and an error of writing
 * are not its own.
 */
void transaction_hold(struct held *h, const struct delivery *d,
                      const char *path);

#endif
