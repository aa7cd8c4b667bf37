/*
 * A channel to another program: messages of msg.h on a libevent loop.
 *
 * Sending never blocks and keeps order; what the socket does not take waits
 * in memory, at most CHAN_BACKLOG octets, beyond which the peer counts as
 * dead.  A message that breaks its rule, a torn packet or an end of file
 * calls closed() once, with the reason; the owner then calls chan_free().
 */
#ifndef TARRY_CHAN_H
#define TARRY_CHAN_H

#include "lib/msg.h"

struct chan;
struct event_base;

#define CHAN_BACKLOG (16u * 1024 * 1024)

/* What arrived. fd is -1 or the handler's to close; data lives in the call. */
struct msg {
    enum msg_type type;
    uint64_t id;
    int fd;
    struct msg_in in;
};

struct chan_ops {
    void (*message)(struct chan *, struct msg *, void *arg);
    void (*closed)(struct chan *, const char *why, void *arg);
};

/* Takes fd over and makes it non-blocking. Phase starts as PHASE_SETUP. */
struct chan *chan_new(struct event_base *base, int fd, enum program self,
                      enum program peer, const struct chan_ops *ops, void *arg);
void chan_free(struct chan *c); /* NULL is fine; fine inside a handler */

void chan_phase(struct chan *c, enum msg_phase phase);
enum program chan_peer(const struct chan *c);

/*
 * Sends a copy of the payload (NULL is an empty one).  fd, unless -1, is
 * duplicated into the message; the caller keeps its own.  Returns -1 when the
 * channel is closed or about to be; the owner hears of it through closed().
 * The message must be legal: an illegal one is a programmer's error.
 */
int chan_send(struct chan *c, enum msg_type type, uint64_t id,
              const struct msg_out *payload, int fd);

/*
 * Sends without a descriptor, and waits for the answer: a message of type
 * wanted and the same id, without one either.  For a peer that does nothing but
 * answer: what else it sends meanwhile is dropped.  Returns false when none
 * comes within a time, or the channel breaks.  What in points to lives until
 * the next call.
 */
bool chan_call(struct chan *c, enum msg_type type, uint64_t id,
               const struct msg_out *payload, enum msg_type wanted,
               unsigned milliseconds, struct msg_in *in);

/*
 * For a handler that finds a message out of place (an id that cannot be):
 * the peer is not to be trusted. closed() follows from the loop.
 */
void chan_violation(struct chan *c, const char *why);

#endif
