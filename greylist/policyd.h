/*
 * The policy server: greylisting for other mail servers, over TCP and UNIX
 * sockets (policyd_parse.h has the protocol).
 */
#ifndef TARRY_GREYLIST_POLICYD_H
#define TARRY_GREYLIST_POLICYD_H

#include "greylist/decide.h"

#define POLICYD_LISTENERS 32

struct policyd;

struct policyd *policyd_new(struct event_base *base, struct decider *d);
void policyd_free(struct policyd *p); /* NULL is fine */

/*
 * Accepts on these listeners from now on, and no more on those before; the
 * descriptors are taken over.  Connections stay.
 */
void policyd_listen(struct policyd *p, const int *fds, size_t n);

/* Accepts no more, and closes all connections. */
void policyd_stop(struct policyd *p);

#endif
