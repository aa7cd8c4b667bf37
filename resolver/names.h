/*
 * The verified names of clients: questions under way, and the cache.
 *
 * Every question is answered within the time set, with NAMED_UNKNOWN if need
 * be; what comes later still goes into the cache.  Bounded: at most NAMES_MAX
 * addresses are under way, NAMES_CACHED are remembered.
 */
#ifndef TARRY_RESOLVER_NAMES_H
#define TARRY_RESOLVER_NAMES_H

#include "lib/msg.h"
#include "lib/netaddr.h"

#define NAMES_MAX     1000
#define NAMES_WAITERS 10000 /* ids that wait, in all */
#define NAMES_CACHED  10000

struct names;
struct dns;
struct event_base;

/* Tells the answer to a question: name is "" unless VERIFIED. */
typedef void names_answer(uint64_t id, enum named named, const char *name,
                          void *arg);

struct names *names_new(struct event_base *base, struct dns *dns,
                        names_answer *answer, void *arg);

/* How long a question may take, from the next one on. */
void names_set_timeout(struct names *n, unsigned sec);

/* Asks; answered once, perhaps before this returns. */
void names_ask(struct names *n, const struct netaddr *client, uint64_t id);

/* Nobody waits any more; what is under way still goes into the cache. */
void names_forget(struct names *n);

/* How many ids wait for an answer. */
size_t names_waiting(const struct names *n);

#endif
