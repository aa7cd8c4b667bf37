/*
 * What becomes of decisions that were made: a line in the log, an attempt in
 * the history, and the counters.
 */
#ifndef TARRY_GREYLIST_REMEMBER_H
#define TARRY_GREYLIST_REMEMBER_H

#include "greylist/decide.h"

#define REMEMBER_MAX 128

struct remembered {
    int64_t now;
    const struct origin *origin;
    const struct netaddr *client;
    const char *sender, *recipient; /* as they were written */
    const struct judgement *judgement;
};

/* Up to REMEMBER_MAX of them, in order. */
void remember(struct memory *m, const struct remembered *r, size_t n);

#endif
