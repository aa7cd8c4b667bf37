/*
 * What the greylist remembers, in a Berkeley DB transactional environment.
 * store.c is the only includer of <db.h>.
 *
 * Two tables, keyed by text: triplets (identity, sender, recipient) and
 * clients (identity).  A decision reads and writes both in one transaction
 * that does not wait for the disk: a power cut may cost the last seconds of
 * records, never the consistency of the rest.  After kill -9 the next open
 * recovers by itself; files that are torn or foreign are set aside (renamed,
 * with a log line), and an empty store takes their place.
 */
#ifndef TARRY_STORE_H
#define TARRY_STORE_H

#include "greylist/policy.h"

#include <stddef.h>

/* A key's text: "identity\0sender\0recipient\0", or "identity\0". */
#define STORE_KEY 700

struct store;

/*
 * Opens or makes the store in a directory of its own. cache_octets bounds
 * the memory that Berkeley DB uses. Returns NULL with a line in err.
 */
struct store *store_open(const char *directory, uint64_t cache_octets,
                         char *err, size_t size);
void store_close(struct store *s); /* NULL is fine */

/* Reads both records; missing ones are all zero. -1: the store fails. */
int store_read(struct store *s, const char *identity, const char *sender,
               const char *recipient, struct record *record,
               struct client_record *client);
/* Writes record, and client unless NULL, in one transaction. */
int store_write(struct store *s, const char *identity, const char *sender,
                const char *recipient, const struct record *record,
                const struct client_record *client);

#endif
