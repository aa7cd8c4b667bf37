/*
 * The store as its operations see it: open, or failing. For store*.c only.
 */
#ifndef TARRY_STORE_HEALTH_H
#define TARRY_STORE_HEALTH_H

#include "greylist/store.h"
#include "greylist/store_recent.h"
#include "greylist/store_tables.h"

struct store {
    char *directory;
    uint64_t cache_octets;
    int lock; /* descriptor */
    struct tables t;
    struct recent *recent;
    DB_TXN *txn;                     /* under way, or NULL */
    unsigned changes;                /* records, in it */
    bool held, lost;                 /* since store_hold(): it was lost */
    bool damaged;                    /* not to be opened as it is */
    int64_t retry_at, complained_at; /* seconds, monotonic */
    int64_t suspect_since;
    unsigned pause_sec, suspect;
    uint64_t failures, set_aside;
};

/* Open, or made so if it is time. */
bool store_ready(struct store *s);

/* Ready, and with room to write; if only that is missing, it says so. */
bool store_writable(struct store *s);

/*
 * An operation failed with an error of Berkeley DB: closes the store until
 * later.  All cursors are closed before; what is under way in s->txn is lost.
 * Returns -1.
 */
int store_failed(struct store *s, const char *what, int rc);

/*
 * Around each change: begins s->txn unless it is under way, or returns an
 * error of Berkeley DB; ends it, unless held, with so many records changed, or
 * with the error rc.
 */
int store_begin(struct store *s);
int store_end(struct store *s, int rc, unsigned changes, const char *what);

#endif
