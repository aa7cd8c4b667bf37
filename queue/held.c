/*
 * Mailboxes held back, see held.h.  There are few if any, so they are looked
 * for one by one; a new one takes the place of the oldest.
 *
 * A sender's tries are minutes or hours apart, hence waits that grow: in the
 * end one of its tries meets her while she is held back.
 */
#include "queue/held.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t find(const struct held *h, const char *path)
{
    size_t i = 0;

    while (i < h->n && strcmp(h->v[i].path, path) != 0)
        i++;
    return i;
}

static void remove_at(struct held *h, size_t i)
{
    free(h->v[i].path);
    memmove(&h->v[i], &h->v[i + 1], (--h->n - i) * sizeof(h->v[0]));
}

int64_t held_add(struct held *h, const char *path, int64_t now)
{
    size_t i = find(h, path);
    int64_t wait = HELD_FIRST;

    if (i < h->n) {
        if (now < h->v[i].until)
            return h->v[i].until - now;
        wait = 2 * h->v[i].wait;
        remove_at(h, i);
    } else if (h->n == HELD_MAX) {
        remove_at(h, h->n - 1);
    }
    if (wait > HELD_LAST)
        wait = HELD_LAST;
    memmove(&h->v[1], &h->v[0], h->n++ * sizeof(h->v[0]));
    h->v[0] = (struct held_box){xstrdup(path), now + wait, wait};
    return wait;
}

bool held_has(const struct held *h, const char *path, int64_t now)
{
    size_t i = find(h, path);

    return i < h->n && now < h->v[i].until;
}

void held_drop(struct held *h, const char *path)
{
    size_t i = find(h, path);

    if (i < h->n)
        remove_at(h, i);
}

int64_t held_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

void held_release(struct held *h)
{
    while (h->n > 0)
        remove_at(h, h->n - 1);
}
