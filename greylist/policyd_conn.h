/*
 * A connection to the policy server. For policyd*.c only.
 */
#ifndef TARRY_GREYLIST_POLICYD_CONN_H
#define TARRY_GREYLIST_POLICYD_CONN_H

#include "greylist/decide.h"

#include <sys/queue.h>
#include <time.h>

struct connection;
struct event_base;

/* All there are, the one silent the longest first. */
struct connections {
    struct decider *decider;
    size_t n;
    TAILQ_HEAD(, connection) list;
};

/* Takes the socket over, and frees itself at its end. */
void connection_new(struct connections *all, struct event_base *base, int fd);
/* Closes it; answers that are still due are made before. */
void connection_free(struct connection *c);

/* Nothing came or went for so long. */
bool connection_is_idle(const struct connection *c, time_t sec);

#endif
