/*
 * The thread behind the store: what waits for the disk happens here, so that
 * no decision does. For store*.c only.
 */
#ifndef TARRY_STORE_UPKEEP_H
#define TARRY_STORE_UPKEEP_H

#include <db.h>
#include <stdbool.h>
#include <stdint.h>

/* Less room than this on the file system counts as none. */
#define UPKEEP_ROOM_OCTETS (8ull * 1024 * 1024)

struct upkeep;

struct upkeep *upkeep_start(DB_ENV *env, const char *directory);
void upkeep_stop(struct upkeep *u); /* NULL is fine */

/* So many records were written or removed; at least one. */
void upkeep_wrote(struct upkeep *u, unsigned records);
/* No room when last looked at: do not write now. */
bool upkeep_full(const struct upkeep *u);

/* The same, looking at once. A file system that does not tell has room. */
bool upkeep_no_room(const char *directory);

#endif
