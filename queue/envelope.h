/* The payload of MSG_OPEN, checked, made into a delivery not yet begun. */
#ifndef TARRY_ENVELOPE_H
#define TARRY_ENVELOPE_H

#include "queue/delivery.h"
#include "queue/recipients.h"

#define ENVELOPE_RECIPIENTS 2000 /* of one OPEN */

/*
 * NULL when it is malformed.  Otherwise a delivery with a named file for each
 * mailbox of *to (which is empty before), in that order and without their
 * Maildirs; marked as failed when a recipient is not local now.
 */
struct delivery *envelope_read(struct msg_in *in, const struct recipients *r,
                               const char *hostname, struct mailboxes *to);

#endif
