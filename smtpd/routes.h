/*
 * Where the recipients of a transaction go: into Maildirs (deliver), out
 * (queue), or both.  deliver says so of each (MSG_CHECKED); it counts when the
 * recipient is accepted.  Pure.
 *
 * queue is also told of a recipient that stays, or that is passed on to
 * several addresses, when its sender asked to be told of success: queue makes
 * the report (RFC 3461 §5.2.3, §5.2.7.3).  An alias that stands for one
 * address elsewhere takes that wish along to it instead (§5.2.7.2).
 */
#ifndef TARRY_ROUTES_H
#define TARRY_ROUTES_H

#include "lib/address.h"
#include "lib/msg.h"
#include "smtpd/params.h"

struct routes {
    bool reports; /* the sender can be told: it is not null */
    size_t n;     /* recipients that were accepted */
    struct route {
        bool local;        /* some of it, or all, stays here */
        bool told;         /* queue is to report its success */
        size_t remote;     /* addresses that it leads to elsewhere */
        uint32_t known_by; /* what deliver calls them all together; 0: none */
    } * v;
    size_t room;
    /* "local\0domain\0" for each outgoing address, in order. */
    char *pool;
    size_t len, size;
    size_t spooled, octets; /* addresses that queue is told, what they need */
    /* Of the recipient in question; its addresses lie behind len. */
    struct route next;
    size_t next_len, next_spooled, next_octets;
};

/* Forgets the transaction; the memory stays. For a new one. */
void routes_clear(struct routes *r, bool reports);
void routes_release(struct routes *r);

/*
 * What deliver said of the recipient in question: enum checked was read, the
 * rest of the payload is in.  Returns CHECKED_FAILURE when it is malformed,
 * CHECKED_TOO_MANY when queue could not be told of it together with those
 * accepted before, and otherwise what was given.
 */
enum checked routes_take(struct routes *r, enum checked checked,
                         struct msg_in *in, const struct address *recipient,
                         const struct rcpt_params *params);
/* Is it for queue, too? */
bool routes_needs_queue(const struct routes *r);
/* That recipient was accepted. */
void routes_accept(struct routes *r);

/*
 * How many recipients stay, how many addresses leave, and of how many queue is
 * told: of those, and of recipients whose success it is to report.
 */
size_t routes_local(const struct routes *r);
size_t routes_remote(const struct routes *r);
size_t routes_spooled(const struct routes *r);

#endif
