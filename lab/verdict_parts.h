/* What the files of the judgement share, see verdict.h. */
#ifndef TARRY_LAB_VERDICT_PARTS_H
#define TARRY_LAB_VERDICT_PARTS_H

#include "lab/verdict.h"

struct trial {
    const struct verdict_case *c;
    struct sender_verdict *out;
    size_t first, last; /* attempts */
    size_t accepted;    /* the one that was, or c->n */
    size_t report;      /* of failure, or c->n */
    size_t alive;       /* the last sign of life, be it a TLS that failed */
    size_t rounds;
    double longest; /* wait between rounds, seconds */
};

/* verdict.c */
bool trial_is_attempt(const struct seen *s);
/* Seconds of the sender's clock from one to the other. */
double trial_between(const struct verdict_case *c, size_t from, size_t to);
/* Those of them in which the receiver was running. */
double trial_watched(const struct verdict_case *c, size_t from, size_t to);
/* Of so many between two times nothing is known. */
double trial_unseen(const struct verdict_case *c, int64_t from_ms,
                    int64_t to_ms);
void trial_find(struct trial *t, enum fault fault, size_t a, size_t b);
/* The attempt before i, or i when it is the first. */
size_t trial_previous(const struct trial *t, size_t i);
/* The next of the preferred hosts, soon after the one before: no. */
bool trial_begins_round(const struct trial *t, size_t i);

/* verdict_rules.c: all rules but those about giving up. */
void trial_judge(struct trial *t);

#endif
