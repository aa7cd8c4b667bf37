/*
 * What the greylist remembers, in a Berkeley DB transactional environment.
 * store*.c (and postgrey.c, for its own) are the only includers of <db.h>.
 *
 * Two tables, keyed by text: triplets (identity, sender, recipient) and
 * clients (identity).  A decision reads what it needs, and writes what changed
 * in one transaction that does not wait for the disk: a kill -9 loses nothing
 * that was written, a power cut about the last second of it, and neither the
 * consistency of the rest.  (In a flood one may wait for a flush, some
 * milliseconds long: store_upkeep.c says when.)  The next open recovers by
 * itself; files that are torn or foreign are set aside (renamed to
 * NAME.damaged-TIME, with a log line), and what is whole of it goes on: the
 * tables without their log, or an empty store.
 *
 * When the store fails (a full disk, say) functions return -1 at once, the
 * log says so once a minute at most, and the caller lets mail through.  The
 * store tries again by itself every few seconds.
 */
#ifndef TARRY_STORE_H
#define TARRY_STORE_H

#include "greylist/policy.h"

#include <stddef.h>

/* A key's text: "identity\0sender\0recipient\0", or "identity\0". */
#define STORE_KEY 900
/* What its parts may have, each with its NUL (IDENTITY_TEXT, NORMAL_TEXT). */
#define STORE_IDENTITY 256
#define STORE_ADDRESS  321

struct store;

/*
 * Opens or makes the store in a directory of its own, made if missing.
 * cache_octets (at least 1M) bounds the memory it uses, but for about 2M of
 * fixed costs.  Starts a thread, so it is called behind the sandbox.  Returns
 * NULL with a line in err when the directory is no good or another process
 * has it open; a store that only has no space is opened, and fails until
 * there is some.
 */
struct store *store_open(const char *directory, uint64_t cache_octets,
                         char *err, size_t size);
void store_close(struct store *s); /* NULL is fine */

/*
 * Reads the records that are asked for, which is not NULL; missing ones are
 * all zero.  -1: the store fails.
 */
int store_read(struct store *s, const char *identity, const char *sender,
               const char *recipient, struct record *record,
               struct client_record *client);
/*
 * Writes record and client, unless NULL, in one transaction.  Times are kept
 * from 1970 to 2106; what lies outside is moved to the nearest end.
 */
int store_write(struct store *s, const char *identity, const char *sender,
                const char *recipient, const struct record *record,
                const struct client_record *client);

/*
 * From hold to release, all that is written or removed is one transaction: for
 * who has many records to write before he answers for any of them.  Reads see
 * it at once.  Release returns -1 when the store failed meanwhile, or fails
 * then: nothing written since the hold may be counted on.
 */
void store_hold(struct store *s);
int store_release(struct store *s); /* 0 if nothing was held */

/* A place between the records of a table. All zero: before the first. */
struct store_place {
    size_t len;
    char key[STORE_KEY];
};

enum store_table { STORE_TRIPLETS, STORE_CLIENTS };

/* What is found there. Text lives in the call. */
struct store_entry {
    const char *identity;
    const char *sender, *recipient; /* NULL in STORE_CLIENTS */
    struct record record;           /* in STORE_TRIPLETS */
    struct client_record client;    /* in STORE_CLIENTS */
};

/* What the visitor wants done, any of them; 0: go on. */
enum store_wish {
    STORE_FORGET = 1, /* remove this record */
    STORE_STOP = 2    /* and come back later */
};
typedef unsigned store_visit(const struct store_entry *e, void *arg);

/*
 * Visits at most max records behind the place, in the order of their keys, and
 * moves the place: all that were there before the walk began are met even
 * when others come and go between its steps.  Removals of one call are one
 * transaction; after -1 some of them may not have happened.  The visitor
 * must not call the store.
 *
 * Returns 1 when there may be more, 0 at the end of the table (the place is
 * then before its first record again), -1 when the store fails.
 */
int store_walk(struct store *s, enum store_table table,
               struct store_place *place, unsigned max, store_visit *visit,
               void *arg);
/* Puts the place before all of one identity's records. */
void store_place_at(struct store_place *place, const char *identity);

/* Removes one triplet, or one client when sender is NULL. 1 if it was there. */
int store_forget(struct store *s, const char *identity, const char *sender,
                 const char *recipient);

struct store_condition {
    bool works;
    uint64_t data_octets, log_octets; /* on disk */
    uint64_t failures, set_aside;     /* since store_open() */
};
void store_condition(struct store *s, struct store_condition *out);

/*
 * Expiry, in steps: each examines at most so many records, and no more
 * than two milliseconds' worth, and removes what policy_expired() and
 * policy_client_expired() say.  All zero is where it begins.
 */
struct store_expiry {
    enum store_table table;
    struct store_place place;
    uint64_t seen[2], forgotten[2]; /* in this pass, by table */
    uint64_t kept[2];               /* at the end of the last pass */
    uint64_t passes;
};
/* Returns 1 within a pass, 0 at its end, -1 when the store fails. */
int store_expire(struct store *s, struct store_expiry *e,
                 const struct policy *p, int64_t now, unsigned max);

#endif
