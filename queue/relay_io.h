/* A socket to a server, plain or with TLS, that never blocks. */
#ifndef TARRY_QUEUE_RELAY_IO_H
#define TARRY_QUEUE_RELAY_IO_H

#include "lib/tls_reads.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/types.h>

struct relay_io {
    int fd;
    SSL *ssl;         /* NULL: plain */
    bool wants_write; /* what could not be done waits for room to write */
    char error[160];  /* after IO_ERROR: why */
    struct tls_reads reads;
};

enum { IO_AGAIN = -1, IO_ERROR = -2 };

/* From now on with TLS; io stays where it is, and frees ssl. */
void relay_io_use_tls(struct relay_io *io, SSL *ssl);
/* Octets read or written, 0 for the end of input, IO_AGAIN, IO_ERROR. */
ssize_t relay_io_read(struct relay_io *io, char *buf, size_t size);
ssize_t relay_io_write(struct relay_io *io, const char *buf, size_t len);
/* 1 when it is done, IO_AGAIN, IO_ERROR. */
int relay_io_handshake(struct relay_io *io);
/* Says good-bye to TLS if there is one, and closes. */
void relay_io_close(struct relay_io *io);

#endif
