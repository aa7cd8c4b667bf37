/*
 * Clients read or written lately, so that a decision costs one search in
 * Berkeley DB and not two. For store*.c only.
 *
 * One place for each hash value: a newcomer takes the place of who was there.
 * "Not known" is remembered too.  Whoever changes the table says so here.
 */
#ifndef TARRY_STORE_RECENT_H
#define TARRY_STORE_RECENT_H

#include "greylist/policy.h"

#include <stddef.h>

struct recent;

/* More than this would be slower to clear than it is worth. */
#define RECENT_MAX (16u * 1024 * 1024)

/* Takes at most so many octets, and 4K at least. */
struct recent *recent_new(uint64_t octets);
void recent_free(struct recent *r);

/* What is remembered of the client, or NULL: nothing. */
const struct client_record *recent_find(struct recent *r, const char *identity);
void recent_set(struct recent *r, const char *identity,
                const struct client_record *client);
/* Forgets one; all. */
void recent_forget(struct recent *r, const char *identity);
void recent_clear(struct recent *r);

#endif
