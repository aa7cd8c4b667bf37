/*
 * The thread that makes messages durable, many at a time.
 *
 * What is added is copied to its further Maildirs, flushed, published in
 * new/, flushed again, and given back through done() in the thread of the
 * event loop: with STORED_OK, or failed and every file of it removed.
 */
#ifndef TARRY_FLUSHER_H
#define TARRY_FLUSHER_H

#include "queue/delivery.h"

struct flusher;
struct event_base;

/* What done() is given is its to free. */
typedef void flusher_done(struct delivery *d, void *arg);

struct flusher *flusher_new(struct event_base *base, flusher_done *done,
                            void *arg);
void flusher_add(struct flusher *f, struct delivery *d);
/* Ends the thread when all that was added is done, done() called for each. */
void flusher_free(struct flusher *f);

#endif
