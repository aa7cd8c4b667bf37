/*
 * One Maildir, see maildir.h.
 *
 * Everything goes through the descriptor of the folder, so a Maildir that is
 * moved away during a delivery keeps its message together.  A file gets its
 * name in new/ by renameat2(2) with RENAME_NOREPLACE, or link(2) and
 * unlink(2) where a file system does not know that: either never overwrites.
 */
#include "queue/maildir.h"

#include "lib/log.h"
#include "queue/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int open_folder(const struct mailbox *m)
{
    int fd = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1 && errno == ENOENT && m->make && mkdir(m->path, 0700) == 0)
        fd = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd;
}

struct maildir *maildir_open(const struct mailbox *m)
{
    static const char *const parts[] = {"tmp", "new", "cur"};
    static uint64_t opened;
    struct maildir *d;
    struct stat st;
    int fd, saved;

    if (identity_assume(m->uid, m->gid) != 0)
        return NULL;
    fd = open_folder(m);
    if (fd == -1)
        return NULL;
    for (size_t i = 0; i < 3; i++)
        if (mkdirat(fd, parts[i], 0700) != 0 && errno != EEXIST)
            goto fail;
    if (fstat(fd, &st) != 0)
        goto fail;
    d = xcalloc(1, sizeof(*d));
    *d = (struct maildir){.path = xstrdup(m->path),
                          .uid = m->uid,
                          .gid = m->gid,
                          .fd = fd,
                          .dev = st.st_dev,
                          .ino = st.st_ino,
                          .serial = ++opened,
                          .users = 1};
    return d;
fail:
    saved = errno;
    close(fd);
    errno = saved;
    return NULL;
}

void maildir_release(struct maildir *d)
{
    if (d == NULL || --d->users > 0)
        return;
    close(d->fd);
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

static void place(char out[MAILDIR_NAME + 4], const char *part,
                  const char *name)
{
    snprintf(out, MAILDIR_NAME + 4, "%s/%s", part, name);
}

int maildir_create(const struct maildir *d, const char *name)
{
    char tmp[MAILDIR_NAME + 4];

    place(tmp, "tmp", name);
    if (identity_assume(d->uid, d->gid) != 0)
        return -1;
    return openat(d->fd, tmp,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int maildir_reread(const struct maildir *d, const char *name)
{
    char tmp[MAILDIR_NAME + 4];

    place(tmp, "tmp", name);
    if (identity_assume(d->uid, d->gid) != 0)
        return -1;
    return openat(d->fd, tmp, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

int maildir_publish(const struct maildir *d, const char *name)
{
    char tmp[MAILDIR_NAME + 4], new[MAILDIR_NAME + 4];

    place(tmp, "tmp", name);
    place(new, "new", name);
    if (identity_assume(d->uid, d->gid) != 0)
        return -1;
    if (renameat2(d->fd, tmp, d->fd, new, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (linkat(d->fd, tmp, d->fd, new, 0) != 0)
        return -1;
    unlinkat(d->fd, tmp, 0);
    return 0;
}

void maildir_remove(const struct maildir *d, const char *name, bool published)
{
    char file[MAILDIR_NAME + 4];

    place(file, published ? "new" : "tmp", name);
    if (identity_assume(d->uid, d->gid) == 0 && unlinkat(d->fd, file, 0) == 0)
        return;
    log_warn("%s/%s is left behind: %s", d->path, file, strerror(errno));
}
