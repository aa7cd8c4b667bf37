/*
 * What is found of the attempt history at opening: all files are read once
 * and counted, what is no attempt at the end of one is cut off, what is no file
 * of ours is set aside.
 *
 * A power cut can leave a file with a hole or with old octets in the middle;
 * what follows such a place is lost, since lengths lead from one attempt to
 * the next.
 */
#include "greylist/history_ring.h"

#include "lib/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY_SEC 86400

static void set_aside(struct history *h, const char *name)
{
    char aside[HISTORY_NAME + 40];

    snprintf(aside, sizeof(aside), "%s.damaged-%lld", name,
             (long long)time(NULL));
    if (renameat(h->dir, name, h->dir, aside) == 0)
        log_warn("history: %s is not ours: now called %s", name, aside);
}

/* Goes through a file, and cuts off what is no attempt at its end. */
static int survey(struct history *h, struct part *p, int fd)
{
    struct attempt a;
    struct stat st;
    int more;

    history_reader_init(&h->reader, fd, HISTORY_HEAD);
    while ((more = history_next(&h->reader, &a)) > 0) {
        if (p->attempts++ == 0)
            p->first = a.time;
        if (a.time > p->last)
            p->last = a.time;
    }
    p->octets = h->reader.offset;
    if (more < 0 || fstat(fd, &st) != 0)
        return -1;
    if ((uint64_t)st.st_size <= p->octets)
        return 0;
    log_warn("history: attempts.%010" PRIu64 ": cut off %lld octets that are "
             "no attempt",
             p->number, (long long)st.st_size - (long long)p->octets);
    return ftruncate(fd, (off_t)p->octets);
}

/* Opens one that is there. Leaves out, and sets aside, what is not ours. */
static int take_part(struct history *h, uint64_t number)
{
    struct part p = {.number = number};
    char name[HISTORY_NAME], magic[HISTORY_HEAD];
    int fd;

    history_part_name(number, name);
    fd = openat(h->dir, name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    if (pread(fd, magic, HISTORY_HEAD, 0) != HISTORY_HEAD ||
        memcmp(magic, HISTORY_MAGIC, HISTORY_HEAD) != 0) {
        close(fd);
        set_aside(h, name);
        return 0;
    }
    if (survey(h, &p, fd) != 0) {
        close(fd);
        return -1;
    }
    if (h->fd >= 0)
        close(h->fd);
    h->fd = fd;
    if (h->nparts == HISTORY_FILES)
        history_drop_oldest(h);
    h->parts[h->nparts++] = p;
    h->attempts += p.attempts;
    return 0;
}

static int is_part(const struct dirent *entry)
{
    return strncmp(entry->d_name, "attempts.", 9) == 0 &&
           strlen(entry->d_name) == 19 &&
           strspn(entry->d_name + 9, "0123456789") == 10;
}

static int take_parts(struct history *h)
{
    struct dirent **entries;
    int n = scandirat(h->dir, ".", &entries, is_part, alphasort), rc = 0;

    if (n < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        if (rc == 0)
            rc = take_part(h, strtoull(entries[i]->d_name + 9, NULL, 10));
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int open_all(struct history *h, const char *directory)
{
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return -1;
    h->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (h->dir < 0)
        return -1;
    h->lock = openat(h->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (h->lock < 0 || flock(h->lock, LOCK_EX | LOCK_NB) != 0)
        return -1;
    return take_parts(h);
}

struct history *history_open(const char *directory, uint64_t attempts,
                             unsigned days, char *err, size_t size)
{
    struct history *h = xcalloc(1, sizeof(*h));

    h->dir = h->lock = h->fd = -1;
    h->max = attempts < HISTORY_PARTS ? HISTORY_PARTS : attempts;
    h->age_sec = (int64_t)days * DAY_SEC;
    if (open_all(h, directory) == 0)
        return h;
    snprintf(err, size, "%s: %s", directory,
             errno == EWOULDBLOCK ? "another process has it open"
                                  : strerror(errno));
    history_close(h);
    return NULL;
}

void history_close(struct history *h)
{
    if (h == NULL)
        return;
    if (h->fd >= 0)
        close(h->fd);
    if (h->lock >= 0)
        close(h->lock);
    if (h->dir >= 0)
        close(h->dir);
    free(h);
}
