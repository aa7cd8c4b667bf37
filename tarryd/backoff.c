/*
 * The wait before a restart: none at first, so that one accident costs no
 * mail, then doubling, so that a program that cannot live does not take the
 * machine with it.
 *
 * Pure: the caller gives both times.
 */
#include "tarryd/backoff.h"

unsigned backoff_delay(struct backoff *b, int64_t started, int64_t now)
{
    unsigned delay = BACKOFF_MAX_SEC;

    if (now - started >= BACKOFF_GOOD_SEC)
        b->deaths = 0;
    if (b->deaths == 0)
        delay = 0;
    else if (b->deaths <= 6) /* 1 << 6 is past the maximum already */
        delay = 1u << (b->deaths - 1);
    if (b->deaths <= 6)
        b->deaths++;
    return delay;
}
