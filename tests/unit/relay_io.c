/* The relay's socket with TLS, against a server of OpenSSL's. */
#include "queue/relay_io.h"

#include "queue/relay_tls.h"
#include "tests/driver/certificate.h"

#include <criterion/criterion.h>
#include <sys/socket.h>

/* Both ends of a connection after their handshake; the server's is returned. */
static SSL *connected(struct relay_io *io)
{
    struct test_pair p = test_pair("mx.example.net", EVP_EC_gen("P-256"));
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    int fd[2], a = 0, b = 0;
    char err[200], path[40];
    SSL *server;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", p.certificate);
    cr_assert_eq(SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM), 1);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", p.key);
    cr_assert_eq(SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM), 1);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    server = SSL_new(ctx);
    SSL_set_fd(server, fd[1]);
    SSL_set_accept_state(server);
    cr_assert_eq(relay_tls_prepare(false, err, sizeof(err)), 0, "%s", err);
    *io = (struct relay_io){.fd = fd[0]};
    relay_io_use_tls(io, relay_tls_new(fd[0], "mx.example.net", false));
    for (int i = 0; i < 20 && (a != 1 || b != 1); i++) {
        a = relay_io_handshake(io);
        b = SSL_do_handshake(server);
    }
    cr_assert(a == 1 && b == 1);
    SSL_CTX_free(ctx);
    return server;
}

Test(relay_io, reads_few_records_at_a_time_of_those_that_bring_nothing)
{
    struct relay_io io;
    SSL *server = connected(&io);
    unsigned calls = 0;
    char buf[100];
    ssize_t n;

    for (int i = 0; i < 100; i++) {
        SSL_key_update(server, SSL_KEY_UPDATE_NOT_REQUESTED);
        cr_assert_eq(SSL_do_handshake(server), 1);
    }
    cr_assert_eq(SSL_write(server, "x", 1), 1);
    while ((n = relay_io_read(&io, buf, sizeof(buf))) == IO_AGAIN &&
           calls < 1000)
        calls++;
    cr_assert_eq(n, 1);
    cr_assert_geq(calls, 10, "%u", calls);
    SSL_free(server);
    relay_io_close(&io);
}
