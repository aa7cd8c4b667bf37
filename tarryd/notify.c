/*
 * The protocol of sd_notify(3), in the little that we need of it: one
 * datagram a state, to the socket that $NOTIFY_SOCKET names ('@' in front:
 * an abstract name).  Nothing here may fail the daemon: who does not listen
 * is not told.
 */
#include "tarryd/notify.h"
#include "lib/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    size_t len;
    int fd;

    if (path == NULL || (path[0] != '/' && path[0] != '@'))
        return;
    len = strlen(path);
    if (len >= sizeof(sun.sun_path))
        return;
    memcpy(sun.sun_path, path, len);
    if (path[0] == '@')
        sun.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sun,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        log_warn("cannot notify %s: %s", path, strerror(errno));
    close(fd);
}

void notify_ready(void)
{
    notify("READY=1\n");
}

void notify_reloading(void)
{
    struct timespec now;
    char state[64];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n",
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify(state);
}

void notify_stopping(void)
{
    notify("STOPPING=1\n");
}
