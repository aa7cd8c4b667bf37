/*
 * Reading and writing under edge-triggered events: a read that fills less
 * than its buffer, or EAGAIN, says that the kernel has no more, and we
 * remember, so that no call is made that cannot succeed and no event is changed
 * while a session lives.
 *
 * With TLS a call that has had its share (lib/tls_reads.h) says IO_MORE.
 */
#include "smtpd/io.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t plain_result(ssize_t n, bool *can)
{
    if (n >= 0)
        return n;
    if (errno == EAGAIN) { /* EINTR cannot be: it never sleeps */
        *can = false;
        return IO_AGAIN;
    }
    return IO_ERROR;
}

void io_use_tls(struct io *io, SSL *ssl)
{
    io->ssl = ssl;
    tls_reads_count(&io->reads, ssl);
}

/* TLS may want to write in order to read, and the other way round. */
static ssize_t tls_result(struct io *io, int n)
{
    int e;

    if (io->reads.dry)
        io->can_read = false;
    if (n > 0)
        return n;
    e = SSL_get_error(io->ssl, n);
    ERR_clear_error();
    switch (e) {
    case SSL_ERROR_WANT_READ:
        return io->can_read ? IO_MORE : IO_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        io->can_write = false;
        return IO_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return IO_ERROR;
    }
}

ssize_t io_read(struct io *io, char *buf, size_t size)
{
    ssize_t n;

    if (io->ssl != NULL) {
        tls_reads_begin(&io->reads);
        return tls_result(io, SSL_read(io->ssl, buf, (int)size));
    }
    n = plain_result(recv(io->fd, buf, size, 0), &io->can_read);
    if (n > 0 && (size_t)n < size && !io->hangup)
        io->can_read = false; /* that was all: the next is an event */
    return n;
}

ssize_t io_write(struct io *io, const char *buf, size_t len)
{
    if (io->ssl != NULL) {
        tls_reads_begin(&io->reads);
        return tls_result(io, SSL_write(io->ssl, buf, (int)len));
    }
    return plain_result(send(io->fd, buf, len, MSG_NOSIGNAL), &io->can_write);
}

int io_handshake(struct io *io)
{
    tls_reads_begin(&io->reads);
    return (int)tls_result(io, SSL_do_handshake(io->ssl));
}

void io_shutdown(struct io *io)
{
    if (io->ssl != NULL && SSL_is_init_finished(io->ssl))
        SSL_shutdown(io->ssl);
    ERR_clear_error();
    shutdown(io->fd, SHUT_WR);
}

void io_close(struct io *io)
{
    if (io->ssl != NULL && SSL_is_init_finished(io->ssl) &&
        !(SSL_get_shutdown(io->ssl) & SSL_SENT_SHUTDOWN))
        SSL_shutdown(io->ssl);
    ERR_clear_error();
    SSL_free(io->ssl);
    close(io->fd);
}
