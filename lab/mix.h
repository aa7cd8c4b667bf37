/*
 * Many senders at one receiver: good ones and robots, a mixture by seed, each
 * with a few messages over some days, all under one clock.
 */
#ifndef TARRY_LAB_MIX_H
#define TARRY_LAB_MIX_H

#include "lab/receiver.h"

struct mix_settings {
    unsigned senders, days, spam_percent, mxs;
    uint64_t seed;
};

struct mix_result {
    unsigned wanted, wanted_delivered, wanted_bounced, wanted_lost;
    unsigned spam, spam_stored;
    uint64_t attempts;   /* of all */
    unsigned duplicates; /* messages stored more than once */
    /* Of the wanted messages that arrived, in order; [wanted_delivered]. */
    int64_t *delay_sec;
};

/*
 * profiles: what senders are made of, by what mail they send; probes take no
 * part.  The same settings give the same senders at every receiver.  -1 when
 * a kind of sender that the mixture needs has no profile.
 */
int mix_run(const struct mix_settings *m, struct profile *const *profiles,
            size_t nprofiles, struct receiver *r, struct mix_result *out);
void mix_release(struct mix_result *r);

/* The delay that so many in a hundred of those that arrived did not exceed. */
int64_t mix_percentile(const struct mix_result *r, double percent);
/* How many waited no longer. */
unsigned mix_within(const struct mix_result *r, int64_t sec);

#endif
