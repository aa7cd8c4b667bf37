/* How long to wait before a program that died is started again. */
#ifndef TARRY_BACKOFF_H
#define TARRY_BACKOFF_H

#include <stdint.h>

#define BACKOFF_MAX_SEC  60 /* no wait is longer */
#define BACKOFF_GOOD_SEC 60 /* who ran so long begins afresh */

struct backoff {
    unsigned deaths; /* in a row; begin with zero */
};

/*
 * Counts a death at now of a program that was started at started (both in
 * seconds of one clock that never goes back), and returns the wait in
 * seconds: 0 for the first, then 1, 2, 4 and so on up to BACKOFF_MAX_SEC.
 */
unsigned backoff_delay(struct backoff *b, int64_t started, int64_t now);

#endif
