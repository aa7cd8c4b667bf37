/*
 * Reading and writing under edge-triggered events: a read that fills less
 * than its buffer, or EAGAIN, says that the kernel has no more, and we
 * remember, so that no call is made that cannot succeed and no event is changed
 * while a session lives.
 *
 * Of TLS there are records that bring no octets (new keys, handshakes that are
 * refused), and OpenSSL would read on for as long as they come.  So one call
 * receives RECEIVES times at most, two for a record, and then says IO_MORE.
 */
#include "smtpd/io.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVES 16

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

/* OpenSSL is about to read from the socket, or has. */
static long on_receive(BIO *b, int what, const char *data, size_t len, int argi,
                       long argl, int result, size_t *received)
{
    struct io *io = (struct io *)(void *)BIO_get_callback_arg(b);

    (void)data, (void)len, (void)argi, (void)argl, (void)received;
    if (what == BIO_CB_READ && io->receives == 0) {
        BIO_clear_retry_flags(b);
        BIO_set_retry_read(b);
        return -1;
    }
    if (what == BIO_CB_READ)
        io->receives--;
    if (what == (BIO_CB_READ | BIO_CB_RETURN) && result <= 0 &&
        BIO_should_retry(b))
        io->can_read = false;
    return result;
}

void io_use_tls(struct io *io, SSL *ssl)
{
    BIO *b = SSL_get_rbio(ssl);

    io->ssl = ssl;
    BIO_set_callback_arg(b, (char *)io);
    BIO_set_callback_ex(b, on_receive);
}

/* TLS may want to write in order to read, and the other way round. */
static ssize_t tls_result(struct io *io, int n)
{
    int e;

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

    io->receives = RECEIVES;
    if (io->ssl != NULL)
        return tls_result(io, SSL_read(io->ssl, buf, (int)size));
    n = plain_result(recv(io->fd, buf, size, 0), &io->can_read);
    if (n > 0 && (size_t)n < size && !io->hangup)
        io->can_read = false; /* that was all: the next is an event */
    return n;
}

ssize_t io_write(struct io *io, const char *buf, size_t len)
{
    if (io->ssl != NULL)
        return tls_result(io, SSL_write(io->ssl, buf, (int)len));
    return plain_result(send(io->fd, buf, len, MSG_NOSIGNAL), &io->can_write);
}

int io_handshake(struct io *io)
{
    io->receives = RECEIVES;
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
