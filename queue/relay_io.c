/*
 * The least of reading and writing, with errors as text.
 *
 * An end of input without TLS's own good-bye counts as an end: many servers
 * close so, and SMTP has its own way to say that a reply is whole.
 */
#include "queue/relay_io.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t plain_result(struct relay_io *io, ssize_t n, bool writing)
{
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EINTR) {
        io->wants_write = writing;
        return IO_AGAIN;
    }
    snprintf(io->error, sizeof(io->error), "%s", strerror(errno));
    return IO_ERROR;
}

/* A certificate that does not hold is the more useful thing to say. */
static void tls_error(struct relay_io *io, int saved)
{
    long verify = SSL_get_verify_result(io->ssl);
    unsigned long e = ERR_peek_last_error();
    const char *reason = e != 0 ? ERR_reason_error_string(e) : NULL;

    if (verify != X509_V_OK && SSL_get_verify_mode(io->ssl) != SSL_VERIFY_NONE)
        reason = X509_verify_cert_error_string(verify);
    else if (reason == NULL)
        reason = saved != 0 ? strerror(saved) : "connection closed";
    snprintf(io->error, sizeof(io->error), "TLS: %s", reason);
}

static ssize_t tls_result(struct relay_io *io, int n)
{
    int saved = errno, e;

    if (n > 0)
        return n;
    e = SSL_get_error(io->ssl, n);
    if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) {
        io->wants_write = e == SSL_ERROR_WANT_WRITE;
        n = IO_AGAIN;
    } else if (e == SSL_ERROR_ZERO_RETURN) {
        n = 0;
    } else {
        tls_error(io, e == SSL_ERROR_SYSCALL ? saved : 0);
        n = IO_ERROR;
    }
    ERR_clear_error();
    return n;
}

void relay_io_use_tls(struct relay_io *io, SSL *ssl)
{
    io->ssl = ssl;
    tls_reads_count(&io->reads, ssl);
}

/* A call that has had its share finds the socket readable in its next turn. */
ssize_t relay_io_read(struct relay_io *io, char *buf, size_t size)
{
    io->wants_write = false;
    if (io->ssl == NULL)
        return plain_result(io, recv(io->fd, buf, size, 0), false);
    tls_reads_begin(&io->reads);
    return tls_result(io, SSL_read(io->ssl, buf, (int)size));
}

ssize_t relay_io_write(struct relay_io *io, const char *buf, size_t len)
{
    io->wants_write = false;
    if (io->ssl == NULL)
        return plain_result(io, send(io->fd, buf, len, MSG_NOSIGNAL), true);
    tls_reads_begin(&io->reads);
    return tls_result(io, SSL_write(io->ssl, buf, (int)len));
}

int relay_io_handshake(struct relay_io *io)
{
    ssize_t n;

    io->wants_write = false;
    tls_reads_begin(&io->reads);
    n = tls_result(io, SSL_do_handshake(io->ssl));
    if (n == 0)
        snprintf(io->error, sizeof(io->error), "TLS: connection closed");
    return n == 0 ? IO_ERROR : (int)n;
}

void relay_io_close(struct relay_io *io)
{
    if (io->ssl != NULL && SSL_is_init_finished(io->ssl))
        SSL_shutdown(io->ssl);
    ERR_clear_error();
    SSL_free(io->ssl);
    io->ssl = NULL;
    if (io->fd >= 0)
        close(io->fd);
    io->fd = -1;
}
