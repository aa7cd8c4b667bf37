/* A socket, plain or with TLS, that never blocks. */
#ifndef TARRY_IO_H
#define TARRY_IO_H

#include "lib/tls_reads.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * can_read and can_write are set by the loop when the socket reports a change
 * (edge-triggered) and cleared here when it has no more to give or to take.
 */
struct io {
    int fd;
    SSL *ssl; /* NULL: plain */
    bool can_read, can_write;
    bool hangup; /* the client has closed its side: read to the end */
    struct tls_reads reads;
};

/* IO_MORE: not yet, and there may be more to read at once. */
enum { IO_AGAIN = -1, IO_ERROR = -2, IO_MORE = -3 };

/* From now on with TLS; io stays where it is, and frees ssl. */
void io_use_tls(struct io *io, SSL *ssl);
/* Octets read, 0 for the end of input, IO_AGAIN, IO_ERROR, IO_MORE. */
ssize_t io_read(struct io *io, char *buf, size_t size);
/* Octets written, IO_AGAIN, IO_ERROR. */
ssize_t io_write(struct io *io, const char *buf, size_t len);
/* 1 when the handshake is done, IO_AGAIN, IO_ERROR, IO_MORE. */
int io_handshake(struct io *io);
/* Says that no more will be sent; the descriptor stays open. */
void io_shutdown(struct io *io);
void io_close(struct io *io);

#endif
