/*
 * Keys and values of the two tables, as octets.  Pure.
 *
 *   triplet  key    identity NUL sender NUL recipient NUL
 *            value  first, last, passed: 4 octets each, least significant
 *                   first; refused, accepted: 1 to 5 octets each (LEB128)
 *   client   key    identity NUL
 *            value  last: 4 octets; passed: 1 to 5 octets
 */
#ifndef TARRY_STORE_RECORD_H
#define TARRY_STORE_RECORD_H

#include "greylist/store.h"

#define STORE_VALUE 22 /* the longest */

/* Return how many octets they wrote. sender NULL: a client's key. */
size_t store_key(const char *identity, const char *sender,
                 const char *recipient, char out[STORE_KEY]);
size_t store_pack_record(const struct record *r, uint8_t out[STORE_VALUE]);
size_t store_pack_client(const struct client_record *c,
                         uint8_t out[STORE_VALUE]);

/* False, and all zero, for what is no such value or key. */
bool store_unpack_record(const uint8_t *v, size_t len, struct record *out);
bool store_unpack_client(const uint8_t *v, size_t len,
                         struct client_record *out);
/* Points the texts of e into key. */
bool store_unpack_key(enum store_table table, const char *key, size_t len,
                      struct store_entry *e);

#endif
