/*
 * One Maildir, see maildir.h.
 *
 * Everything goes through the descriptors of tmp/ and new/, so a Maildir that
 * is moved away during a delivery keeps its message together, and what is
 * flushed is what was written to, wherever links or mounts lead.  A file gets
 * its name in new/ by renameat2(2) with RENAME_NOREPLACE, or link(2) and
 * unlink(2) where a file system does not know that: either never overwrites.
 */
#include "queue/maildir_parts.h"

#include "lib/log.h"
#include "queue/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const parts[] = {"", "tmp", "new"};

int maildir_folder(int at, const char *path)
{
    return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_or_make(const struct mailbox *m)
{
    int fd = maildir_folder(AT_FDCWD, m->path);

    if (fd == -1 && errno == ENOENT && m->make && mkdir(m->path, 0700) == 0)
        fd = maildir_folder(AT_FDCWD, m->path);
    return fd;
}

static int note_part(int fd, struct maildir_part *p)
{
    struct stat st;

    if (fd == -1 || fstat(fd, &st) != 0)
        return -1;
    *p = (struct maildir_part){st.st_dev, st.st_ino};
    return 0;
}

/* The folders within one that is open. */
static int open_parts(struct maildir *d, int folder)
{
    if ((mkdirat(folder, "tmp", 0700) != 0 && errno != EEXIST) ||
        (mkdirat(folder, "new", 0700) != 0 && errno != EEXIST) ||
        (mkdirat(folder, "cur", 0700) != 0 && errno != EEXIST))
        return -1;
    d->tmp = maildir_folder(folder, "tmp");
    if (d->tmp != -1)
        d->new = maildir_folder(folder, "new");
    if (note_part(d->tmp, &d->parts[1]) != 0 ||
        note_part(d->new, &d->parts[2]) != 0 ||
        note_part(folder, &d->parts[0]) != 0)
        return -1;
    d->dev = d->parts[1].dev;
    if (d->dev == d->parts[2].dev)
        return 0;
    errno = EXDEV;
    return -1;
}

struct maildir *maildir_open(const struct mailbox *m)
{
    static uint64_t opened;
    struct maildir *d;
    int folder, error;

    if (identity_assume(m->uid, m->gid) != 0)
        return NULL;
    folder = open_or_make(m);
    if (folder == -1)
        return NULL;
    d = xcalloc(1, sizeof(*d));
    *d = (struct maildir){.path = xstrdup(m->path),
                          .uid = m->uid,
                          .gid = m->gid,
                          .tmp = -1,
                          .new = -1,
                          .serial = ++opened,
                          .users = 1};
    error = open_parts(d, folder) == 0 ? 0 : errno;
    close(folder);
    if (error == 0)
        return d;
    maildir_release(d);
    errno = error;
    return NULL;
}

const char *maildir_error(int error)
{
    return error == EXDEV ? "tmp and new are on different file systems"
                          : strerror(error);
}

bool maildir_in_place(const struct maildir *d)
{
    char path[PATH_MAX];
    struct stat st;

    if (identity_assume(d->uid, d->gid) != 0)
        return false;
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", d->path, parts[i]);
        if (stat(path, &st) != 0 || st.st_dev != d->parts[i].dev ||
            st.st_ino != d->parts[i].ino)
            return false;
    }
    return true;
}

void maildir_release(struct maildir *d)
{
    if (d == NULL || --d->users > 0)
        return;
    if (d->tmp != -1)
        close(d->tmp);
    if (d->new != -1)
        close(d->new);
    free(d->path);
    free(d);
}

/* '/' and ':' mean something in such a name; the format says how to hide. */
static void put_host(const char *hostname, char *out, size_t size)
{
    size_t len = 0;

    for (; *hostname != '\0' && len + 5 < size; hostname++) {
        if (*hostname == '/' || *hostname == ':')
            len += (size_t)snprintf(out + len, size - len, "\\%03o",
                                    (unsigned)*hostname);
        else
            out[len++] = *hostname;
    }
    out[len] = '\0';
}

void maildir_name(const char *hostname, char out[MAILDIR_NAME])
{
    static unsigned long counter;
    struct timespec now;
    char host[128];

    put_host(hostname, host, sizeof(host));
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(out, MAILDIR_NAME, "%lld.M%06ldP%ldQ%lu.%s", (long long)now.tv_sec,
             now.tv_nsec / 1000, (long)getpid(), ++counter, host);
}

int maildir_create(const struct maildir *d, const char *name)
{
    if (identity_assume(d->uid, d->gid) != 0)
        return -1;
    return openat(d->tmp, name,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static bool same_file(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && S_ISREG(x.st_mode) &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int maildir_reread(const struct maildir *d, const char *name, int made)
{
    int fd;

    if (identity_assume(d->uid, d->gid) != 0)
        return -1;
    /* Not to wait for a pipe's writer, nor for who holds a lease. */
    fd = openat(d->tmp, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1 || same_file(fd, made))
        return fd;
    close(fd);
    errno = ESTALE;
    return -1;
}

int maildir_nameless(const struct maildir *d, const char *name, int *to,
                     int *from)
{
    int error;

    *to = maildir_create(d, name);
    if (*to == -1)
        return -1;
    *from = maildir_reread(d, name, *to);
    error = errno;
    unlinkat(d->tmp, name, 0);
    if (*from != -1)
        return 0;
    close(*to);
    *to = -1;
    errno = error;
    return -1;
}

int maildir_publish(const struct maildir *d, const char *name)
{
    if (identity_assume(d->uid, d->gid) != 0)
        return -1;
    if (renameat2(d->tmp, name, d->new, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (linkat(d->tmp, name, d->new, name, 0) != 0)
        return -1;
    unlinkat(d->tmp, name, 0);
    return 0;
}

void maildir_remove(const struct maildir *d, const char *name, bool published)
{
    if (identity_assume(d->uid, d->gid) == 0 &&
        unlinkat(published ? d->new : d->tmp, name, 0) == 0)
        return;
    log_warn("%s/%s/%s is left behind: %s", d->path, published ? "new" : "tmp",
             name, strerror(errno));
}
