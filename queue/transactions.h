/*
 * A client's side of deliver: CHECK, OPEN, COMMIT and ABORT, and the
 * transactions under way, one at most for each SMTP session of smtpd, and
 * for each job of queue.
 */
#ifndef TARRY_TRANSACTIONS_H
#define TARRY_TRANSACTIONS_H

#include "queue/recipients.h"

struct transactions;
struct event_base;

/* For one client, smtpd or queue. Starts a flusher's thread too. */
struct transactions *transactions_new(struct event_base *base,
                                      enum program client);
/* No transaction may be under way. */
void transactions_free(struct transactions *t);

/* From now on. Both outlive the transactions, or the next call. */
void transactions_settings(struct transactions *t, const struct recipients *r,
                           const char *hostname);

/*
 * Takes over the channel to the client.  What a former one left unfinished is
 * discarded, as it is when the channel closes.
 */
void transactions_peer(struct transactions *t, int fd);

/* Calls idle() once nothing is under way, now or later. */
void transactions_stop(struct transactions *t, void (*idle)(void *arg),
                       void *arg);

#endif
