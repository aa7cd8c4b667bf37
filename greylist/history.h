/*
 * Every attempt, for a bounded time: what "tarryctl senders", the statistics
 * and the laboratory read.
 *
 * A ring of files in a folder of its own, each a sixteenth of what is kept;
 * the oldest file goes when there are too many attempts or it is too old.
 * What is added is written and not waited for on the disk: a kill -9 loses
 * none, a power cut the last seconds.  At opening, a file that ends
 * in the middle of an attempt is cut behind the last whole one, and a foreign
 * file is set aside.  About 100 octets an attempt on disk, and about
 * 100K of memory whatever is kept.
 */
#ifndef TARRY_HISTORY_H
#define TARRY_HISTORY_H

#include "greylist/policy.h"
#include "lib/netaddr.h"

#include <stddef.h>

/* Longer texts are cut to this, with their NUL. */
#define HISTORY_TEXT 512

struct attempt {
    int64_t time; /* kept from 1970 to 2106 */
    enum decision decision;
    bool passed;         /* false: deferred */
    unsigned reply;      /* code: 250, 450 ... as far as greylisting goes */
    uint32_t waited_sec; /* passed, and waited: since the first attempt */
    struct netaddr client;
    const char *identity, *helo, *sender, *recipient; /* never NULL */
};

struct history;

/*
 * Opens or makes it.  attempts (at least 16) and days are what is kept at
 * most. Only one process may have it open. Returns NULL with a line in err.
 */
struct history *history_open(const char *directory, uint64_t attempts,
                             unsigned days, char *err, size_t size);
void history_close(struct history *h); /* NULL is fine */

/*
 * Adds n of them, newest last, with as few writes as possible.  -1 when the
 * disk does not take all of them; the log says so once a minute at most, and
 * later attempts are tried again.
 */
int history_add(struct history *h, const struct attempt *a, size_t n);

/* Removes what is too old, when nothing is added. */
void history_trim(struct history *h, int64_t now);

uint64_t history_count(const struct history *h);

/* A place between two attempts. All zero: before the oldest. */
struct history_place {
    uint64_t file;
    uint64_t offset;
};

/* Returns false to stop behind this one. Text lives in the call. */
typedef bool history_visit(const struct attempt *a, void *arg);

/*
 * Shows up to max attempts behind the place, oldest first, and moves it.  A
 * place whose attempts were removed moves on to the oldest there is.  since
 * (0: all) leaves out files in which all is older; attempts before it may
 * still be shown.  Returns 1 when there may be more, 0 at the end (the place
 * stays there, for what is added later), -1 when a file cannot be read.
 */
int history_walk(struct history *h, struct history_place *place, int64_t since,
                 unsigned max, history_visit *visit, void *arg);

#endif
