/*
 * Names that a network gave to its lines, not an organisation to its servers.
 * Names are lower case; pure.
 */
#ifndef TARRY_GREYLIST_DIALUP_H
#define TARRY_GREYLIST_DIALUP_H

#include "lib/netaddr.h"

/*
 * True when the name contains the address: the four numbers of an IPv4
 * address in any order, decimal (also padded, also run together), or its
 * octets in hexadecimal, or the address as one number; the nibbles or groups
 * of an IPv6 address, or of one of its halves.  Both directions, and whatever
 * separators.
 */
bool dialup_holds_address(const struct netaddr *client, const char *name);

/*
 * True when the labels in front of the registered domain (or all, of a name
 * that has none) say that the line is one of many: "dyn", "dialup", "adsl";
 * or, for an IPv4 client, say "pool", "customer" and the like and have the
 * last two numbers of its address.
 */
bool dialup_says_so(const struct netaddr *client, const char *name);

#endif
