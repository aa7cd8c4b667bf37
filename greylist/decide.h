/*
 * The greylist at work: judge.h with the memory, the clock and the log around
 * it.  One for the whole program.
 *
 * What is asked in one turn of the loop is remembered together at its end, and
 * answered then: one transaction of the store, one write to the history and
 * one to the log serve all of it, and nothing is answered that a kill -9 could
 * make us forget.
 */
#ifndef TARRY_GREYLIST_DECIDE_H
#define TARRY_GREYLIST_DECIDE_H

#include "greylist/judge.h"
#include "greylist/memory.h"

struct event_base;
struct turn;

struct decider {
    struct memory *memory;
    const struct judge_settings *settings; /* in force */
    struct turn *turn;
};

/* Longer names are cut. */
#define DECIDE_NAME 64

/* Who asks, for the log and the history, and how he gets his answer. */
struct origin {
    const char *key;  /* "sid", "instance" */
    const char *name; /* the session's, or "" */
    const char *helo;
    void *asker;
    uint64_t id; /* the asker's own */
    /*
     * Called once, in the order of asking. more: the next answer, which follows
     * at once, is the same asker's.
     */
    void (*answer)(const struct origin *o, const struct judgement *j,
                   bool more);
};

void decide_init(struct decider *d, struct event_base *base);
void decide_release(struct decider *d);

/* Judges a recipient now; the answer comes within decide_finish(). */
void decide(struct decider *d, const struct rcpt *a, const struct origin *o);

/*
 * Remembers and answers all that was asked; runs by itself when the loop has
 * gone round.  Call it before an asker goes away, and before settings change.
 */
void decide_finish(struct decider *d);

#endif
