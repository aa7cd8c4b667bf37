/*
 * Folders and limits, while we may still be root.
 *
 * The state folder may belong to the user whom root gives a folder in it to,
 * so nothing is followed: not even a link that was put in its place between
 * two of our steps.
 */
#include "queue/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int prepare_folder(const char *path, uid_t uid, gid_t gid, char *err,
                   size_t size)
{
    bool made = mkdir(path, 0700) == 0;
    int fd = -1, status = -1;

    if (made || errno == EEXIST)
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd != -1 && (!made || uid == (uid_t)-1 || fchown(fd, uid, gid) == 0))
        status = 0;
    else
        snprintf(err, size, "state: %s: %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    return status;
}

void prepare_descriptors(void)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}
