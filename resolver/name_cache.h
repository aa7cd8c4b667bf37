/*
 * What was found of client addresses, kept for a while.
 *
 * Pure: time is given, in seconds of any clock.  Bounded: beyond max entries
 * the one not asked for the longest makes room.
 */
#ifndef TARRY_RESOLVER_NAME_CACHE_H
#define TARRY_RESOLVER_NAME_CACHE_H

#include "lib/address.h"
#include "lib/msg.h"
#include "lib/netaddr.h"

struct name_cache;

/* key makes the order within unpredictable (netaddr_hash()). */
struct name_cache *name_cache_new(size_t max, uint64_t key);
void name_cache_free(struct name_cache *c); /* NULL is fine */

/* Replaces what is there. name is "" unless VERIFIED. */
void name_cache_put(struct name_cache *c, const struct netaddr *a,
                    enum named named, const char *name, uint64_t now_sec,
                    unsigned ttl_sec);

/* False when there is nothing that still holds. */
bool name_cache_get(struct name_cache *c, const struct netaddr *a,
                    uint64_t now_sec, enum named *named,
                    char name[ADDRESS_DOMAIN + 1]);

/* Entries held now, expired ones included. */
size_t name_cache_count(const struct name_cache *c);

#endif
