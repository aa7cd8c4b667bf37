/*
 * Envelope addresses as they stand in the key of a triplet, and nowhere else.
 * Pure.
 */
#ifndef TARRY_GREYLIST_NORMAL_H
#define TARRY_GREYLIST_NORMAL_H

#include "lib/address.h"

/* Octets of a normal form with its NUL: local part, @, domain. */
#define NORMAL_TEXT (ADDRESS_LOCAL + 1 + ADDRESS_DOMAIN + 1)

/*
 * The sender with all left out that changes from message to message: "<>" for
 * the null sender.  The same for what is already a normal form.
 */
char *normal_sender(const struct address *sender, char out[NORMAL_TEXT]);

/* The recipient in lower case. */
char *normal_recipient(const struct address *recipient, char out[NORMAL_TEXT]);

#endif
