/*
 * The Berkeley DB environment and its two tables: opened with recovery,
 * closed, kept up by a thread. For store*.c only.
 */
#ifndef TARRY_STORE_TABLES_H
#define TARRY_STORE_TABLES_H

#include "greylist/store_upkeep.h"

#include <stddef.h>

#define TABLES_WHY 200

struct tables {
    DB_ENV *env; /* NULL: not open */
    DB *db[2];   /* by enum store_table */
    struct upkeep *upkeep;
    /* What the library said first, since the last opening. */
    _Atomic int said; /* 0: nothing, 1: being written, 2: in why */
    char why[TABLES_WHY];
    _Atomic bool write_failed; /* the disk did not take what it was given */
};

/*
 * Recovers and opens, making what is missing. Returns 0 or an error of
 * Berkeley DB with everything closed. t is all zero at first.
 */
int tables_open(struct tables *t, const char *directory, uint64_t cache_octets);

/* Writes all out, and closes; or only closes, after a failure. */
void tables_close(struct tables *t);
void tables_abandon(struct tables *t);

/* Why rc came about, in the library's own words where it has some. */
const char *tables_why(struct tables *t, int rc);

/*
 * True when rc, with what else is known of t, tells of the machine (no space,
 * no permission, no memory) and not of the contents of the files.
 */
bool tables_machine_failed(struct tables *t, int rc, const char *directory);

enum tables_files { TABLES_LOGS, TABLES_ALL };
/* Renames files of the environment. Returns how many, logs each. */
unsigned tables_set_aside(const char *directory, enum tables_files which);

/*
 * Makes tables that have no log any more ready to be opened, in the time that
 * it takes to read all of them. Returns 0 if they are whole.
 */
int tables_mend(const char *directory, uint64_t cache_octets);

/* Octets of the tables and of the logs, on disk. */
void tables_size(const char *directory, uint64_t *data, uint64_t *logs);

#endif
