/*
 * One message of one sender, played to its end at a receiver, attempt by
 * attempt: what became of it, and why.
 */
#ifndef TARRY_LAB_FATE_H
#define TARRY_LAB_FATE_H

#include "lab/receiver.h"
#include "lab/sender.h"

enum fate {
    FATE_DELIVERED, /* stored, and the sender knows it */
    FATE_ANSWERED,  /* a probe that got its answer */
    FATE_BOUNCED,   /* not stored; who wrote it is told */
    FATE_LOST       /* not stored, and nobody is told */
};

/*
 * A sender in the world of the laboratory, by number: where it comes from and
 * what it is called.  Its networks are of 240.0.0.0/4, which no list of real
 * ones can name, and its domain ends in .example.
 */
struct site {
    const struct profile *profile;
    unsigned number;
    unsigned network; /* the first of its /24s, by number */
};

#define SITE_NETWORKS (1u << 20)

/* /24s that a sender of that profile takes. */
unsigned site_networks(const struct profile *p);

/* An attempt that was made, and what it was told. */
struct made {
    struct sender_attempt attempt;
    struct netaddr client;
    struct visit_end end;
};

/* A message on its way. */
struct message {
    const struct site *site;
    struct sender sender;
    struct sender_attempt next;
    char recipient[80];
    unsigned stored; /* how often: more than once is a duplicate */
    int64_t stored_at;
    struct made last;
    enum fate fate; /* when it is over */
};

void message_begin(struct message *m, const struct site *site, unsigned mxs,
                   const char *recipient, uint64_t seed, int64_t now);
/* Makes the next attempt, at m->next.at; false when that was the last. */
bool message_step(struct message *m, struct receiver *r);
/* One sentence: why it did not arrive, or what it met on the way. */
char *message_why(const struct message *m, char *out, size_t size);

const char *fate_word(enum fate f);
const char *fate_sentence(enum fate f);

#endif
