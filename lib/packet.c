/*
 * Packets with descriptors (SCM_RIGHTS).  A peer that sends several at once
 * costs us none: all but the first are closed at once.
 */
#include "lib/packet.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS 4 /* room for more than there should be */

int packet_send(int sock, struct iovec *iov, size_t n, int fd)
{
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};
    struct cmsghdr *cmsg;

    if (fd >= 0) {
        memset(&control, 0, sizeof(control));
        m.msg_control = control.buf;
        m.msg_controllen = sizeof(control.buf);
        cmsg = CMSG_FIRSTHDR(&m);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
    }
    return sendmsg(sock, &m, MSG_NOSIGNAL) >= 0 ? 0 : -1;
}

/* The descriptor that came with a packet, or -1; more than one: all closed. */
static int take_fd(struct msghdr *m)
{
    int fds[DESCRIPTORS], n, fd = -1;

    for (struct cmsghdr *cm = CMSG_FIRSTHDR(m); cm != NULL;
         cm = CMSG_NXTHDR(m, cm)) {
        if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
            continue;
        n = (int)((cm->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < n && i < DESCRIPTORS; i++) {
            memcpy(&fds[i], CMSG_DATA(cm) + i * (int)sizeof(int), sizeof(int));
            if (fd < 0)
                fd = fds[i];
            else
                close(fds[i]);
        }
    }
    return fd;
}

ssize_t packet_receive(int sock, void *buf, size_t size, int *fd, bool *torn)
{
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec iov = {buf, size};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.buf,
                       .msg_controllen = sizeof(control.buf)};
    ssize_t n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);

    *fd = n > 0 ? take_fd(&m) : -1;
    *torn = n > 0 && m.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
    return n;
}
