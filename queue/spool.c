/*
 * The spool on disk.  A message with number ID has up to three files:
 *
 *   ID.body   the message, as it will be sent, with its trace header
 *   ID.new    its record (record.h), not in force
 *   ID.env    its record, in force
 *
 * Legal are
 *
 *        body  new  env   what it is
 *   S0    -     -    -    nothing
 *   S1    x     -    -    being received; or removed, all but the last step
 *   S2    x     x    -    being accepted
 *   S3    x     -    x    accepted: ours until each recipient has its end
 *
 * and the steps
 *
 *   S0 -> S1  ID.body is made (O_EXCL), or linked from another message's
 *   S1 -> S2  ID.new is made and written, after the last octet of the body
 *             (the file system is flushed: both are on disk)
 *   S2 -> S3  ID.new is renamed to ID.env; this is the moment of acceptance
 *             (the file system is flushed; only then is the sender told)
 *   S3 -> S3  lines are appended to ID.env: what became of a recipient
 *   S3 -> S1  ID.env is removed: nothing is owed to anybody any more
 *   S1 -> S0, S2 -> S0  the rest is removed
 *
 * A crash between any two leaves one of these.  At start S1 and S2 go to S0:
 * the sender was told nothing, or all is done.  A record without a body, one
 * that cannot be read, and a file of any other name are not legal: the former
 * are moved to damaged/, the latter left alone, both named in the log.
 *
 * A line is appended with one write(2).  One that was cut off by a crash is
 * cut away at start.  "delivered" is written before relay is told to go on,
 * so what a crash can lose is the line of an attempt that was just then under
 * way, and "try", which stands before it, tells of that.
 *
 * A record that has become very long gets no more lines of attempts that came
 * to nothing, so that it stays below what is read at all; at worst a recipient
 * is then tried too soon after a restart.
 */
#include "queue/spool_parts.h"

#include "lib/log.h"
#include "queue/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RECORD_MAX  (64u * 1024 * 1024)
#define RECORD_LONG (48u * 1024 * 1024)

struct spool {
    int fd;
    uint64_t last; /* number given */
};

struct spool *spool_open(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct spool *s;

    if (fd == -1)
        return NULL;
    /* A queue that was killed may have a flush to end before it is gone. */
    if (flock(fd, LOCK_EX) != 0 ||
        (mkdirat(fd, "damaged", 0700) != 0 && errno != EEXIST)) {
        int saved = errno;

        close(fd);
        errno = saved;
        return NULL;
    }
    s = xcalloc(1, sizeof(*s));
    s->fd = fd;
    return s;
}

void spool_close(struct spool *s)
{
    if (s == NULL)
        return;
    close(s->fd);
    free(s);
}

int spool_folder(const struct spool *s)
{
    return s->fd;
}

uint64_t spool_id(struct spool *s)
{
    struct timespec now;
    uint64_t id;

    clock_gettime(CLOCK_REALTIME, &now);
    id = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    s->last = id > s->last ? id : s->last + 1;
    return s->last;
}

char *spool_name(uint64_t id, char out[SPOOL_NAME])
{
    snprintf(out, SPOOL_NAME, "%" PRIX64, id);
    return out;
}

bool spool_parse(const char *name, uint64_t *id)
{
    char *end;

    if (strspn(name, "0123456789ABCDEFabcdef") == 0 || strlen(name) > 16)
        return false;
    *id = strtoull(name, &end, 16);
    return *end == '\0';
}

/* The name of a file of a message. Returns out. */
static char *file_name(uint64_t id, const char *kind, char out[SPOOL_NAME])
{
    snprintf(out, SPOOL_NAME, "%" PRIX64 ".%s", id, kind);
    return out;
}

int spool_create(struct spool *s, uint64_t id)
{
    char name[SPOOL_NAME];

    return openat(
        s->fd, file_name(id, "body", name),
        O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int spool_link(struct spool *s, uint64_t from, uint64_t to)
{
    char a[SPOOL_NAME], b[SPOOL_NAME];

    return linkat(s->fd, file_name(from, "body", a), s->fd,
                  file_name(to, "body", b), 0);
}

int spool_append(int fd, const char *text, size_t len)
{
    ssize_t n = write(fd, text, len);
    struct stat st;
    int saved = n < 0 ? errno : ENOSPC;

    if (n == (ssize_t)len)
        return 0;
    if (n > 0 && (fstat(fd, &st) != 0 || ftruncate(fd, st.st_size - n) != 0))
        log_error("a record of the queue has a torn line: %s", strerror(errno));
    errno = saved;
    return -1;
}

bool spool_is_long(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_size > RECORD_LONG;
}

int spool_write(struct spool *s, const struct record *r)
{
    char name[SPOOL_NAME], *text;
    size_t len;
    FILE *out = text_open(&text, &len);
    int fd, rc = -1, saved;

    record_write(out, r);
    fclose(out);
    fd = openat(s->fd, file_name(r->id, "new", name),
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd != -1) {
        rc = spool_append(fd, text, len);
        saved = errno;
        close(fd);
        errno = saved;
    }
    free(text);
    return rc;
}

int spool_publish(const struct spool *s, uint64_t id)
{
    char from[SPOOL_NAME], to[SPOOL_NAME];

    return renameat(s->fd, file_name(id, "new", from), s->fd,
                    file_name(id, "env", to));
}

static void remove_file(const struct spool *s, uint64_t id, const char *kind)
{
    char name[SPOOL_NAME];

    if (unlinkat(s->fd, file_name(id, kind, name), 0) != 0 && errno != ENOENT)
        log_error("queue: %s cannot be removed: %s", name, strerror(errno));
}

void spool_discard(struct spool *s, uint64_t id)
{
    remove_file(s, id, "new");
    remove_file(s, id, "body");
}

void spool_remove_record(struct spool *s, uint64_t id)
{
    remove_file(s, id, "env");
}

void spool_remove(struct spool *s, uint64_t id)
{
    remove_file(s, id, "env");
    remove_file(s, id, "body");
}

bool spool_has(const struct spool *s, uint64_t id)
{
    char name[SPOOL_NAME];

    return faccessat(s->fd, file_name(id, "env", name), F_OK, 0) == 0;
}

int spool_open_body(const struct spool *s, uint64_t id)
{
    char name[SPOOL_NAME];

    return openat(s->fd, file_name(id, "body", name),
                  O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

int spool_open_record(const struct spool *s, uint64_t id)
{
    char name[SPOOL_NAME];

    return openat(s->fd, file_name(id, "env", name),
                  O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
}

struct record *spool_read(uint64_t id, int fd)
{
    struct record *r;
    struct stat st;
    char *text;
    ssize_t n;

    if (fstat(fd, &st) != 0)
        return NULL;
    if (st.st_size > RECORD_MAX) {
        errno = EBADMSG;
        return NULL;
    }
    text = xcalloc(1, (size_t)st.st_size + 1);
    n = pread(fd, text, (size_t)st.st_size, 0);
    if (n < 0) {
        free(text);
        return NULL;
    }
    r = record_read(id, text, (size_t)n);
    if (r == NULL)
        errno = EBADMSG;
    return r;
}

void spool_seen(struct spool *s, uint64_t id)
{
    if (id > s->last)
        s->last = id;
}
