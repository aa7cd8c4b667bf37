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
 * later. All cursors and transactions are at an end before. Returns -1.
 */
int store_failed(struct store *s, const char *what, int rc);

#endif
