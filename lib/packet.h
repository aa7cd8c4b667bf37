/*
 * One packet of an AF_UNIX SOCK_SEQPACKET socket, and the one descriptor that
 * may come with it.  What packets mean is chan.h's.
 */
#ifndef TARRY_PACKET_H
#define TARRY_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* fd is passed along unless it is -1, and stays the caller's. -1 with errno. */
int packet_send(int sock, struct iovec *iov, size_t n, int fd);

/*
 * As recv(2).  *fd is the descriptor that came along, the caller's from now on,
 * or -1.  *torn: there was more than fits, octets or descriptors.
 */
ssize_t packet_receive(int sock, void *buf, size_t size, int *fd, bool *torn);

#endif
