/*
 * The ring of files behind the attempt history, see history.h.
 *
 * Files are attempts.NNNNNNNNNN, numbered upwards; only the newest is written
 * to, at its end.  A new one is begun when that has its sixteenth of all
 * attempts, or of all days; then the oldest are removed, until what is left
 * is within both bounds.  Numbers and counts are found at opening by reading
 * all files once (some tenths of a second for a million attempts).
 *
 * A write that fails is cut off again, so that what follows is readable.
 */
#include "greylist/history_ring.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COMPLAIN_SEC 60

void history_part_name(uint64_t number, char out[HISTORY_NAME])
{
    snprintf(out, HISTORY_NAME, "attempts.%010" PRIu64, number);
}

void history_complain(struct history *h, const char *what)
{
    struct timespec t;
    int error = errno;

    clock_gettime(CLOCK_MONOTONIC, &t);
    if (h->complained_at != 0 && t.tv_sec - h->complained_at < COMPLAIN_SEC)
        return;
    h->complained_at = t.tv_sec;
    log_error("history: cannot %s: %s", what, strerror(error));
}

void history_drop_oldest(struct history *h)
{
    char name[HISTORY_NAME];

    history_part_name(h->parts[0].number, name);
    if (unlinkat(h->dir, name, 0) != 0 && errno != ENOENT)
        history_complain(h, "remove the oldest file");
    h->attempts -= h->parts[0].attempts;
    h->nparts--;
    memmove(h->parts, h->parts + 1, h->nparts * sizeof(*h->parts));
}

/* A file with nothing in it yet, and room for its place among the others. */
static int begin_part(struct history *h)
{
    uint64_t number = h->nparts == 0 ? 1 : h->parts[h->nparts - 1].number + 1;
    char name[HISTORY_NAME];
    int fd;

    history_part_name(number, name);
    fd = openat(h->dir, name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
                0600);
    if (fd < 0)
        return -1;
    if (write(fd, HISTORY_MAGIC, HISTORY_HEAD) != HISTORY_HEAD) {
        unlinkat(h->dir, name, 0);
        close(fd);
        return -1;
    }
    if (h->fd >= 0)
        close(h->fd);
    h->fd = fd;
    if (h->nparts == HISTORY_FILES)
        history_drop_oldest(h);
    h->parts[h->nparts++] =
        (struct part){.number = number, .octets = HISTORY_HEAD};
    return 0;
}

void history_trim(struct history *h, int64_t now)
{
    while (h->nparts > 1 &&
           (h->attempts >= h->max || h->parts[0].last < now - h->age_sec))
        history_drop_oldest(h);
}

/* The newest file has had its share. */
static bool is_filled(const struct history *h, int64_t now)
{
    const struct part *p = &h->parts[h->nparts - 1];

    return p->attempts >= h->max / HISTORY_PARTS ||
           (p->attempts > 0 && now - p->first > h->age_sec / HISTORY_PARTS);
}

/* As many of n as the newest file should have, and as one write may hold. */
static size_t pack_some(struct history *h, const struct attempt *a, size_t n,
                        size_t *len)
{
    uint64_t share = h->max / HISTORY_PARTS, has;
    size_t i = 0;

    has = h->parts[h->nparts - 1].attempts;
    *len = 0;
    do
        *len += history_pack(&a[i++], h->adding + *len);
    while (i < n && has + i < share &&
           *len + HISTORY_ENTRY <= sizeof(h->adding));
    return i;
}

static int write_out(struct history *h, size_t len)
{
    ssize_t n = write(h->fd, h->adding, len);

    if (n == (ssize_t)len)
        return 0;
    history_complain(h, "write");
    if (n > 0 && ftruncate(h->fd, (off_t)h->parts[h->nparts - 1].octets) != 0)
        history_complain(h, "cut off half an attempt");
    return -1;
}

/* Adds some of n. Returns how many; 0: the disk takes nothing. */
static size_t add_some(struct history *h, const struct attempt *a, size_t n)
{
    struct part *p;
    size_t len;

    if ((h->nparts == 0 || is_filled(h, a->time)) && begin_part(h) != 0) {
        history_complain(h, "begin a file");
        return 0;
    }
    history_trim(h, a->time);
    n = pack_some(h, a, n, &len);
    if (write_out(h, len) != 0)
        return 0;
    p = &h->parts[h->nparts - 1];
    if (p->attempts == 0)
        p->first = a->time;
    for (size_t i = 0; i < n; i++)
        if (a[i].time > p->last)
            p->last = a[i].time;
    p->attempts += n;
    p->octets += len;
    h->attempts += n;
    return n;
}

int history_add(struct history *h, const struct attempt *a, size_t n)
{
    for (size_t done = 0, some; done < n; done += some)
        if ((some = add_some(h, a + done, n - done)) == 0)
            return -1;
    return 0;
}

uint64_t history_count(const struct history *h)
{
    return h->attempts;
}

/* The file where the place is, or the first behind it; nparts: none. */
static size_t find_part(const struct history *h, struct history_place *place,
                        int64_t since)
{
    size_t i = 0;

    while (i < h->nparts &&
           (h->parts[i].number < place->file || h->parts[i].last < since))
        i++;
    if (i < h->nparts && h->parts[i].number != place->file)
        *place = (struct history_place){h->parts[i].number, HISTORY_HEAD};
    return i;
}

/* Shows up to max of one file. Returns how many, or -1. */
static int64_t show_part(struct history *h, struct history_place *place,
                         unsigned max, history_visit *visit, void *arg,
                         bool *stopped)
{
    char name[HISTORY_NAME];
    struct attempt a;
    unsigned n = 0;
    int fd, more = 1;

    history_part_name(place->file, name);
    fd = openat(h->dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    history_reader_init(&h->reader, fd, place->offset);
    while (n < max && !*stopped && (more = history_next(&h->reader, &a)) > 0) {
        n++;
        *stopped = !visit(&a, arg);
    }
    place->offset = h->reader.offset;
    close(fd);
    return more < 0 ? -1 : (int64_t)n;
}

int history_walk(struct history *h, struct history_place *place, int64_t since,
                 unsigned max, history_visit *visit, void *arg)
{
    bool stopped = false;
    size_t i;

    while ((i = find_part(h, place, since)) < h->nparts) {
        int64_t n = show_part(h, place, max, visit, arg, &stopped);

        if (n < 0) {
            history_complain(h, "read");
            return -1;
        }
        max -= (unsigned)n;
        if (max == 0 || stopped)
            return 1;
        if (i + 1 == h->nparts)
            return 0;
        *place = (struct history_place){h->parts[i + 1].number, HISTORY_HEAD};
    }
    return 0;
}
