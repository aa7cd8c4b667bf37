/*
 * Mailboxes held back: each made a message fail that was for others as well.
 *
 * A message is stored for all its recipients or for none, so one whose quota
 * is full, or who breaks her Maildir while mail comes in, would keep it from
 * the others at each try.  While she is held back she is told of at RCPT, and
 * the others get theirs.  now is in seconds, from any clock that does
 * not go back; held_now() is one.
 */
#ifndef TARRY_HELD_H
#define TARRY_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELD_MAX   256
#define HELD_FIRST 600        /* seconds; twice as long each time */
#define HELD_LAST  (8 * 3600) /* and no longer than this */

struct held {
    size_t n;
    struct held_box {
        char *path;
        int64_t until, wait;
    } v[HELD_MAX]; /* the last added first */
};

/* Starts as all zero. For how many seconds it is held now. */
int64_t held_add(struct held *h, const char *path, int64_t now);
bool held_has(const struct held *h, const char *path, int64_t now);
/* It has taken mail again: no longer known. */
void held_drop(struct held *h, const char *path);
int64_t held_now(void);
void held_release(struct held *h);

#endif
