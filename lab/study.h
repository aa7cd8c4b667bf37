/*
 * What the simulation finds: profiles against receivers, one message each,
 * and how often each profile would try if nobody ever took its mail.
 */
#ifndef TARRY_LAB_STUDY_H
#define TARRY_LAB_STUDY_H

#include "lab/fate.h"
#include "lab/mix.h"

struct cell {
    enum fate fate;
    int64_t delay_sec; /* FATE_DELIVERED */
    unsigned attempts, stored;
    enum sender_why because;
    char why[160];     /* in words: what failed, or was stored twice */
    struct made *made; /* all attempts, with what they were told */
    size_t nmade;
};

struct study {
    uint64_t seed;
    unsigned mxs;
    unsigned answer_sec; /* receivers' replies to a message take so long */
    struct profile **profiles;
    struct receiver **receivers;
    size_t nprofiles, nreceivers;
    struct cell *cells; /* [profile * nreceivers + receiver] */
    int64_t **tries;    /* by profile: seconds since the first */
    size_t *ntries;
    struct mix_result *mix; /* by receiver, or NULL */
    struct mix_settings mix_settings;
};

/* Fills cells and tries. */
void study_run(struct study *s);
/* Frees all that is in it. */
void study_release(struct study *s);

const struct cell *study_cell(const struct study *s, size_t profile,
                              size_t receiver);

#endif
