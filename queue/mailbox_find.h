/* A name in a domain of ours -> the Maildir that answers for it. */
#ifndef TARRY_MAILBOX_FIND_H
#define TARRY_MAILBOX_FIND_H

#include "queue/recipients.h"

enum presence { PRESENT, ABSENT, UNCLEAR };

/*
 * The mailbox of just this name, or of it in lower case, or of either without
 * its detail; added to out when it is PRESENT.
 */
enum presence mailbox_find(const struct recipients *r, const char *local,
                           const char *domain, struct mailboxes *out);

#endif
