/*
 * What the greylist remembers: the store of records, the history of attempts
 * and the counters made of it; opened, kept small, and opened again when that
 * was not possible.
 */
#ifndef TARRY_GREYLIST_MEMORY_H
#define TARRY_GREYLIST_MEMORY_H

#include "greylist/counters.h"
#include "greylist/history.h"
#include "greylist/store.h"

struct memory;
struct event_base;

/*
 * Opens what lies in the directory, or tries again every few seconds.
 * attempts: that the history keeps.
 */
struct memory *memory_new(struct event_base *base, const char *directory,
                          uint64_t cache_octets, unsigned attempts);
void memory_free(struct memory *m); /* NULL is fine */

/* By what records are forgotten, from now on; nothing is before. */
void memory_policy(struct memory *m, const struct policy *p);

/* NULL while they are not open. */
struct store *memory_store(struct memory *m);
struct history *memory_history(struct memory *m);

/* Keeps n attempts, as well as it can. */
void memory_add(struct memory *m, const struct attempt *a, size_t n);

/* NULL after the start, until the history was counted. */
const struct counters *memory_counters(const struct memory *m);
const struct store_expiry *memory_expiry(const struct memory *m);

#endif
