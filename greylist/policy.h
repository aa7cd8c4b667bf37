/*
 * The greylist policy, as a pure function: record, attempt, settings, now ->
 * decision, new record.  RFC 6647 §5 is the checklist.
 *
 * Times are seconds since the epoch, as given; the policy knows no clock.
 */
#ifndef TARRY_POLICY_H
#define TARRY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

struct policy {
    uint32_t delay_sec;  /* a stranger waits this long: 5m */
    uint32_t window_sec; /* and must come back within this: 24h */
    uint32_t pass_sec;   /* a regular stays one this long after last use: 36d */
    uint32_t
        auto_allow; /* triplets passed that free a whole client; 0: never */
    /*
     * A use of what has passed need not be stored when the last one stored is
     * not older than this, so that regulars cost no writing; 0: each use is.
     * Lifetimes are longer by as much, so nobody is forgotten too early.
     */
    uint32_t touch_sec;
};

/* What is known of a triplet. All zero: nothing. */
struct record {
    int64_t first;  /* of the attempts that count now */
    int64_t last;   /* attempt, refused or not */
    int64_t passed; /* when it first passed; 0: not yet */
    uint32_t refused;
    uint32_t accepted;
};

/* What is known of a whole client (an identity). All zero: nothing. */
struct client_record {
    int64_t last;    /* use */
    uint32_t passed; /* different triplets that passed */
};

enum decision {
    DECISION_NEW,      /* deferred: first seen, or too long ago */
    DECISION_EARLY,    /* deferred: came back before the delay was over */
    DECISION_RETURNED, /* passes: came back in time, for the first time */
    DECISION_KNOWN,    /* passes: passed before */
    DECISION_CLIENT    /* passes: the whole client is free (auto-allow) */
};

struct outcome {
    enum decision decision;
    bool pass;
    uint32_t wait_sec;    /* deferred: seconds until a retry passes, >= 1 */
    uint32_t waited_sec;  /* passes, and waited until now: from first on */
    struct record record; /* to be stored when record_changed */
    bool record_changed;
    struct client_record client; /* to be stored when client_changed */
    bool client_changed;
};

/*
 * Decides. The clock of a record is never reset by an early retry; a clock
 * that went backwards never makes anybody wait longer than delay_sec.  All
 * limits are inclusive: a retry passes at delay_sec and still at window_sec.
 *
 * delay_sec <= window_sec, or nobody could ever pass (asserted).  A client
 * that is free leaves no record of triplets that had none.
 */
void policy_decide(const struct policy *p, const struct record *record,
                   const struct client_record *client, int64_t now,
                   struct outcome *out);

/*
 * Whether the client matters at all: not to a regular whose use need not be
 * stored.  Then any client will do, all zero say, and none is to be stored.
 */
bool policy_needs_client(const struct policy *p, const struct record *r,
                         int64_t now);

/*
 * When a record may be forgotten: when no decision depends on it any more,
 * and not before it was unused for a week (RFC 6647 §5).
 */
bool policy_expired(const struct policy *p, const struct record *r,
                    int64_t now);
bool policy_client_expired(const struct policy *p,
                           const struct client_record *c, int64_t now);

#endif
