/*
 * Copies of files: what was accepted once can be handed out again, to a
 * program that was restarted or after a change that was refused, whatever an
 * editor has done to the file since.
 *
 * The copy is a sealed memfd.  A receiver gets a description of its own,
 * opened through /proc/self/fd, because those who share one share its offset.
 */
#include "tarryd/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* -1 with errno. */
static int copy(int in, int out, size_t max)
{
    char buf[8192];
    size_t total = 0;
    ssize_t n;

    while ((n = read(in, buf, sizeof(buf))) > 0) {
        total += (size_t)n;
        if (total > max) {
            errno = EFBIG;
            return -1;
        }
        if (write(out, buf, (size_t)n) != n)
            return -1;
    }
    if (n < 0)
        return -1;
    return fcntl(out, F_ADD_SEALS,
                 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

int snapshot_take(const char *path, size_t max, struct stat *seen)
{
    int in = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), out = -1, saved;

    if (in < 0)
        return -1;
    if (fstat(in, seen) == 0)
        out = memfd_create("tarry-file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (out >= 0 && copy(in, out, max) != 0) {
        saved = errno;
        close(out);
        errno = saved;
        out = -1;
    }
    saved = errno;
    close(in);
    errno = saved;
    return out;
}

int snapshot_open(int fd)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}
