/*
 * Where the recipients of a transaction go: into Maildirs (deliver), out
 * (queue), or both.  deliver says so of each (MSG_CHECKED); it counts when the
 * recipient is accepted.  Pure.
 */
#ifndef TARRY_ROUTES_H
#define TARRY_ROUTES_H

#include "lib/msg.h"

/* Octets of all outgoing addresses of a transaction together, at most. */
#define ROUTES_OCTETS (60u * 1024)

struct routes {
    size_t n; /* recipients that were accepted */
    struct route {
        bool local;    /* some of it, or all, stays here */
        size_t remote; /* addresses that it leads to elsewhere */
    } * v;
    size_t room;
    /* "local\0domain\0" for each outgoing address, in order. */
    char *pool;
    size_t len, size;
    /* Of the recipient in question; its addresses lie behind len. */
    struct route next;
    size_t next_len;
};

/* Forgets the transaction; the memory stays. */
void routes_clear(struct routes *r);
void routes_release(struct routes *r);

/*
 * What deliver said of the recipient in question: enum checked was read, the
 * rest of the payload is in.  Returns CHECKED_FAILURE when it is malformed or
 * there are too many addresses, and otherwise what was given.
 */
enum checked routes_take(struct routes *r, enum checked checked,
                         struct msg_in *in);
/* That recipient was accepted. */
void routes_accept(struct routes *r);

/* How many recipients stay, and how many addresses leave. */
size_t routes_local(const struct routes *r);
size_t routes_remote(const struct routes *r);

#endif
