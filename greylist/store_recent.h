/*
 * Records read or written lately, of both tables, so that what a site's mail
 * asks for again and again costs no search in Berkeley DB. For store*.c only.
 *
 * A newcomer takes the place of who was there with the same hash value.  "Not
 * there" is remembered too.  Whoever changes a table says so here.
 */
#ifndef TARRY_STORE_RECENT_H
#define TARRY_STORE_RECENT_H

#include "greylist/store_record.h"

struct recent;

/* More than this would be slower to clear than it is worth. */
#define RECENT_MAX (16u * 1024 * 1024)

/* Takes at most so many octets, and 8K at least. */
struct recent *recent_new(uint64_t octets);
void recent_free(struct recent *r);

/* False: nothing is known of the key.  Length 0: it is not in its table. */
bool recent_find(const struct recent *r, const char *key, size_t len,
                 uint8_t value[STORE_VALUE], size_t *value_len);
void recent_set(struct recent *r, const char *key, size_t len,
                const uint8_t *value, size_t value_len);
/* Forgets one; all. */
void recent_forget(struct recent *r, const char *key, size_t len);
void recent_clear(struct recent *r);

#endif
