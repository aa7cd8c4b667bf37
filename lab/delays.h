/*
 * The distribution of delays, cumulative: how many messages had arrived after
 * so many seconds.  Made once, for the reports to print and to draw.
 */
#ifndef TARRY_LAB_DELAYS_H
#define TARRY_LAB_DELAYS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define DELAYS_POINTS 500 /* at most */

struct delays {
    size_t n, of; /* points; and of how many messages they tell */
    struct delays_point {
        int64_t sec;
        size_t arrived; /* within sec; never less than the point before */
    } v[DELAYS_POINTS + 1];
};

/*
 * at_once arrived without a delay, and n more after those times, which are
 * sorted; of: all of them, also those that never arrived.  Each point is
 * exact.  Of more than DELAYS_POINTS different times some points are left
 * out, never two that follow each other by more than 1/DELAYS_POINTS of n.
 */
void delays_make(struct delays *d, size_t of, size_t at_once,
                 const int64_t *sorted, size_t n);

/* "[[seconds, share of all], ...]", a new reference. */
json_t *delays_json(const struct delays *d);

#endif
