/*
 * The greylist at work: judge.h with the memory, the clock and the log around
 * it.  One for the whole program.
 */
#ifndef TARRY_GREYLIST_DECIDE_H
#define TARRY_GREYLIST_DECIDE_H

#include "greylist/judge.h"
#include "greylist/memory.h"

struct decider {
    struct memory *memory;
    const struct judge_settings *settings; /* in force */
};

/* Where a question came from, for the log and the history. */
struct origin {
    const char *key;  /* "sid", "instance" */
    const char *name; /* the session's, or "" */
    const char *helo;
};

/* Judges a recipient now, and remembers it. */
void decide(struct decider *d, const struct rcpt *a,
            const struct origin *origin, struct judgement *out);

#endif
