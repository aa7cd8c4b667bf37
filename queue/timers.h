/*
 * A heap of times: what is due first is found at once, and anything is put
 * in, taken out or moved in O(log n).  Eight octets in each thing that is
 * timed, and a pointer for it in the heap.
 */
#ifndef TARRY_TIMERS_H
#define TARRY_TIMERS_H

#include <stddef.h>
#include <stdint.h>

/* To be put into what is timed. All zero: not in a heap. */
struct timer {
    uint32_t at;    /* seconds since 1970 */
    uint32_t place; /* in the heap, from 1 */
};

struct timers {
    struct timer **v; /* v[0] is the first due */
    size_t n, room;
};

/* Sets the time of one that is in the heap or not. */
void timers_set(struct timers *t, struct timer *timer, int64_t at);
void timers_remove(struct timers *t, struct timer *timer); /* or is not in */
/* The first due; NULL when there is none. It stays in. */
struct timer *timers_first(const struct timers *t);
void timers_release(struct timers *t);

#endif
