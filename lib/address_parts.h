/* What address.c and address_text.c share. */
#ifndef TARRY_ADDRESS_PARTS_H
#define TARRY_ADDRESS_PARTS_H

#include "lib/address.h"

/* An octet that a local part may have without quotes (RFC 5322 §3.2.3). */
bool address_is_atext(unsigned char c);

#endif
