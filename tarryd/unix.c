/*
 * Listening UNIX sockets: the control socket, and that of tarry-sendmail.
 *
 * The name is taken over from a tarryd that died, never from one that lives,
 * and never from a file that is no socket.
 */
#include "tarryd/unix.h"

#include "lib/log.h"
#include "tarryd/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

/* 1: somebody answers there; 0: nobody does; -1: errno. */
static int is_alive(const struct sockaddr_un *sun)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc;

    if (fd < 0)
        return -1;
    rc = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
         errno == EAGAIN;
    if (!rc && errno != ECONNREFUSED && errno != ENOENT)
        rc = -1;
    close(fd);
    return rc;
}

static int bind_with_mode(const struct sockaddr_un *sun, unsigned mode,
                          int backlog)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t old = umask(0777 & ~mode);
    int rc, saved;

    rc = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)sun, sizeof(*sun));
    saved = errno;
    umask(old);
    if (rc == 0 && listen(fd, backlog) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

/* The folder it lies in; there may be none above it. */
static int make_place(const char *path)
{
    char *folder = xstrdup(path), *slash = strrchr(folder, '/');
    int rc = 0;

    if (slash != NULL && slash != folder) {
        *slash = '\0';
        rc = make_folders(folder, 0755);
        if (rc != 0 && errno == EEXIST)
            rc = 0;
    }
    free(folder);
    return rc;
}

int unix_listen(const char *path, bool exclusive, unsigned mode, int backlog,
                const char *file, const char *option, struct report *r,
                int *code)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct stat st;
    int fd;

    *code = EX_CONFIG;
    if (strlen(path) >= sizeof(sun.sun_path)) {
        report_mistake(r, file, option, "%s: longer than %zu", path,
                       sizeof(sun.sun_path) - 1);
        return -1;
    }
    memcpy(sun.sun_path, path, strlen(path));
    if (lstat(path, &st) == 0) {
        if (!S_ISSOCK(st.st_mode)) {
            report_mistake(r, file, option, "%s: is there, and is no socket",
                           path);
            return -1;
        }
        if (exclusive && is_alive(&sun) == 1) {
            *code = EX_UNAVAILABLE;
            report_mistake(r, file, option,
                           "%s: tarryd is already running there", path);
            return -1;
        }
        unlink(path);
    }
    if (make_place(path) == 0 &&
        (fd = bind_with_mode(&sun, mode, backlog)) >= 0)
        return fd;
    *code = errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
    report_mistake(r, file, option, "%s: %s", path, strerror(errno));
    return -1;
}
