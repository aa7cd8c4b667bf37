/*
 * The mail exchangers that queue asks for: searches under way.
 *
 * Every question is answered within EXCHANGERS_SEC, with MX_UNKNOWN if need
 * be.  Bounded: at most EXCHANGERS_MAX searches are under way; beyond that,
 * and when queue has gone, nothing is asked.
 */
#ifndef TARRY_RESOLVER_EXCHANGERS_H
#define TARRY_RESOLVER_EXCHANGERS_H

#include "lib/chan.h"

#define EXCHANGERS_MAX 200
#define EXCHANGERS_SEC 20

struct exchangers;
struct dns;

struct exchangers *exchangers_new(struct event_base *base, struct dns *dns);

/*
 * MSG_MX: answered once to where it came from, perhaps before this returns.
 * False when it is malformed.
 */
bool exchangers_ask(struct exchangers *x, struct chan *from, struct msg *m);

/* Nobody waits any more. */
void exchangers_forget(struct exchangers *x);

/* How many questions wait for an answer. */
size_t exchangers_waiting(const struct exchangers *x);

#endif
