/*
 * Whether a Maildir would take a message, seen at RCPT: asked in the order in
 * which maildir_open() would go, without making anything.
 */
#include "queue/maildir_parts.h"

#include "queue/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* With the identity assumed: access(2) would ask for our real one. */
static int may_write(int at, const char *path)
{
    long status = syscall(SYS_faccessat2, at, path, W_OK | X_OK, AT_EACCESS);

    return status == 0 || errno == ENOSYS ? 0 : -1; /* Linux 5.8 knows it */
}

static bool is_there(int at, const char *path)
{
    struct stat st;

    return fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A part that is there can be written to; or else it can be made. */
static int check_part(int folder, const char *part, dev_t *dev)
{
    struct stat st;
    int fd = maildir_folder(folder, part);
    int status = -1;

    if (fd == -1)
        return errno == ENOENT && !is_there(folder, part)
                   ? may_write(folder, ".")
                   : -1;
    if (fstat(fd, &st) == 0 && may_write(fd, ".") == 0) {
        status = *dev == 0 || *dev == st.st_dev ? 0 : -1;
        if (status != 0)
            errno = EXDEV;
        *dev = st.st_dev;
    }
    close(fd);
    return status;
}

static int check_above(const char *path)
{
    char above[PATH_MAX];
    char *slash;

    snprintf(above, sizeof(above), "%s", path);
    slash = strrchr(above, '/');
    if (slash == NULL || is_there(AT_FDCWD, path)) {
        errno = ENOENT;
        return -1;
    }
    strcpy(slash, "/");
    return may_write(AT_FDCWD, above);
}

int maildir_check(const struct mailbox *m)
{
    dev_t dev = 0;
    int folder, status, error;

    if (identity_assume(m->uid, m->gid) != 0)
        return -1;
    folder = maildir_folder(AT_FDCWD, m->path);
    if (folder == -1)
        return errno == ENOENT && m->make ? check_above(m->path) : -1;
    status = check_part(folder, "tmp", &dev);
    if (status == 0)
        status = check_part(folder, "new", &dev);
    if (status == 0 && !is_there(folder, "cur"))
        status = may_write(folder, ".");
    error = errno;
    close(folder);
    errno = error;
    return status;
}
