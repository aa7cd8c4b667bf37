/*
 * TLS with keys that are elsewhere: which certificates are taken, and whether a
 * client of OpenSSL's is served with each of them.
 */
#include "smtpd/tls.h"

#include "signer/keys.h"
#include "signer/pem.h"
#include "smtpd/io.h"
#include "smtpd/remote_key.h"
#include "tests/driver/certificate.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static char err[512];
static struct keys *keys; /* signer, as far as these tests go */
static unsigned asked;

static size_t sign(const struct sign_request *r, unsigned char *signature)
{
    const char *why;

    asked++;
    return keys_sign(keys, r, signature, &why);
}

static void init(void)
{
    remote_key_init(sign);
}

TestSuite(tls, .init = init);

/* The certificates of n keys, which signer holds from now on. */
static struct tls *serve(EVP_PKEY *const *of, size_t n)
{
    struct key_pair pairs[4];
    struct tls_certificate certificates[4];
    struct tls *t;

    for (size_t i = 0; i < n; i++) {
        struct test_pair p = test_pair("mx.example.org", of[i]);

        pairs[i] = (struct key_pair){p.certificate, p.key, "key"};
        certificates[i] = (struct tls_certificate){p.certificate, "cert"};
    }
    keys_free(keys);
    keys = keys_new(pairs, n, err, sizeof(err));
    cr_assert_not_null(keys, "%s", err);
    t = tls_new(certificates, n, true, err, sizeof(err));
    cr_assert_not_null(t, "%s", err);
    tls_use(t);
    return t;
}

struct client {
    int version;
    const char *ciphers, *sigalgs;
};

/* A handshake with t; the kind of key that served, or "none". */
static const char *shake(struct tls *t, const struct client *how)
{
    static char kind[32];
    int fd[2], a = 0, b = 0;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *server, *client = SSL_new(ctx);
    X509 *leaf;

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    server = tls_accept(t, fd[0]);
    SSL_set_fd(client, fd[1]);
    SSL_set_connect_state(client);
    SSL_set_min_proto_version(client, how->version);
    SSL_set_max_proto_version(client, how->version);
    if (how->ciphers != NULL)
        SSL_set_cipher_list(client, how->ciphers);
    if (how->sigalgs != NULL)
        SSL_set1_sigalgs_list(client, how->sigalgs);
    for (int i = 0; i < 20 && (a != 1 || b != 1); i++) {
        a = SSL_do_handshake(client);
        b = SSL_do_handshake(server);
    }
    leaf = a == 1 && b == 1 ? SSL_get_peer_certificate(client) : NULL;
    strcpy(kind, leaf == NULL
                     ? "none"
                     : EVP_PKEY_get0_type_name(X509_get0_pubkey(leaf)));
    X509_free(leaf);
    SSL_free(server);
    SSL_free(client);
    SSL_CTX_free(ctx);
    close(fd[0]);
    close(fd[1]);
    return kind;
}

Test(tls, serves_with_every_kind_of_key_by_asking_for_one_signature)
{
    static const struct {
        const char *kind;
        struct client how;
    } cases[] = {
        {"EC", {TLS1_3_VERSION, NULL, "ECDSA+SHA256"}},
        {"EC", {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", NULL}},
        {"RSA", {TLS1_3_VERSION, NULL, "rsa_pss_rsae_sha256"}},
        {"RSA", {TLS1_3_VERSION, NULL, "rsa_pss_rsae_sha512"}},
        {"RSA", {TLS1_2_VERSION, NULL, "rsa_pss_rsae_sha384"}},
        {"RSA", {TLS1_2_VERSION, NULL, "RSA+SHA256"}},
        {"RSA", {TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", NULL}},
        {"ED25519", {TLS1_3_VERSION, NULL, "ed25519"}},
        {"ED448", {TLS1_3_VERSION, NULL, "ed448"}},
    };
    EVP_PKEY *of[] = {EVP_EC_gen("P-256"), EVP_RSA_gen(2048),
                      EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
                      EVP_PKEY_Q_keygen(NULL, NULL, "ED448")};
    struct tls *t = serve(of, 4);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        asked = 0;
        cr_assert_str_eq(shake(t, &cases[i].how), cases[i].kind, "case %zu", i);
        cr_assert_eq(asked, 1, "case %zu", i);
    }
    tls_free(t);
}

static EVP_PKEY *rsa_pss_gen(void)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;

    EVP_PKEY_keygen_init(c);
    EVP_PKEY_generate(c, &key);
    EVP_PKEY_CTX_free(c);
    return key;
}

Test(tls, serves_with_a_key_that_is_for_pss_only)
{
    EVP_PKEY *of[] = {rsa_pss_gen()};
    struct tls *t = serve(of, 1);
    struct client new = {TLS1_3_VERSION, NULL, NULL},
                  old = {TLS1_2_VERSION, NULL, "rsa_pss_pss_sha384"};

    cr_assert_str_eq(shake(t, &new), "RSA-PSS");
    cr_assert_str_eq(shake(t, &old), "RSA-PSS");
    tls_free(t);
}

/* Both ends of a connection after their handshake; the client's is returned. */
static SSL *connected(struct tls *t, struct io *io)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *client = SSL_new(ctx);
    int fd[2], a = 0, b = 0;

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    *io = (struct io){.fd = fd[0], .can_read = true, .can_write = true};
    io_use_tls(io, tls_accept(t, fd[0]));
    SSL_set_fd(client, fd[1]);
    SSL_set_connect_state(client);
    for (int i = 0; i < 20 && (a != 1 || b != 1); i++) {
        a = SSL_do_handshake(client);
        b = io_handshake(io);
    }
    cr_assert(a == 1 && b == 1);
    io->can_read = true;
    SSL_CTX_free(ctx);
    return client;
}

Test(tls, reads_few_records_at_a_time_of_those_that_bring_nothing)
{
    EVP_PKEY *of[] = {EVP_EC_gen("P-256")};
    struct tls *t = serve(of, 1);
    unsigned calls = 0;
    struct io io;
    char buf[100];
    SSL *client = connected(t, &io);
    ssize_t n;

    for (int i = 0; i < 100; i++) {
        SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED);
        cr_assert_eq(SSL_do_handshake(client), 1);
    }
    cr_assert_eq(SSL_write(client, "x", 1), 1);
    while ((n = io_read(&io, buf, sizeof(buf))) == IO_MORE)
        calls++;
    cr_assert_eq(n, 1);
    cr_assert_geq(calls, 10, "%u", calls);
    cr_assert(io.can_read);
    cr_assert_eq(io_read(&io, buf, sizeof(buf)), IO_AGAIN);
    cr_assert_not(io.can_read);
    SSL_free(client);
    io_close(&io);
    tls_free(t);
}

/* The event is told once (edge-triggered): who loses it reads no more. */
Test(tls, does_not_forget_by_writing_that_there_is_something_to_read)
{
    EVP_PKEY *of[] = {EVP_EC_gen("P-256")};
    struct tls *t = serve(of, 1);
    struct io io;
    char buf[100];
    SSL *client = connected(t, &io);

    cr_assert_eq(io_read(&io, buf, sizeof(buf)), IO_AGAIN);
    cr_assert_not(io.can_read);
    cr_assert_eq(SSL_write(client, "x", 1), 1);
    io.can_read = true; /* says the loop */
    cr_assert_eq(io_write(&io, "y", 1), 1);
    cr_assert(io.can_read);
    cr_assert_eq(io_read(&io, buf, sizeof(buf)), 1);
    SSL_free(client);
    io_close(&io);
    tls_free(t);
}

Test(tls, has_no_signature_without_the_key)
{
    EVP_PKEY *of[] = {EVP_EC_gen("P-256")}, *other[] = {EVP_EC_gen("P-256")};
    struct tls *t = serve(of, 1);
    struct client how = {TLS1_3_VERSION, NULL, NULL};

    cr_assert_str_eq(shake(t, &how), "EC");
    tls_free(serve(other, 1)); /* signer has another one now */
    tls_use(t);
    cr_assert_str_eq(shake(t, &how), "none");
    tls_free(t);
}

Test(tls, does_not_agree_to_a_secret_that_the_key_could_open_later)
{
    EVP_PKEY *of[] = {EVP_RSA_gen(2048)};
    struct tls *t = serve(of, 1);
    struct client how = {TLS1_2_VERSION, "AES128-GCM-SHA256:AES128-SHA", NULL};

    cr_assert_str_eq(shake(t, &how), "none");
    tls_free(t);
}

Test(tls, says_which_file_is_no_certificate)
{
    struct test_pair p = test_pair("a.example", EVP_EC_gen("P-256"));
    struct tls_certificate key = {p.key, "cert.pem"};
    struct tls_certificate empty = {memfd_create("c", 0), "cert.pem"};

    cr_assert_null(tls_new(&key, 1, true, err, sizeof(err)));
    cr_assert(strncmp(err, "cert.pem: not a certificate", 27) == 0, "%s", err);
    cr_assert_null(tls_new(&empty, 1, true, err, sizeof(err)));
    cr_assert(strncmp(err, "cert.pem: not a certificate", 27) == 0, "%s", err);
}

/* A kind that OpenSSL does not know: Ed25519's own number, changed. */
Test(tls, refuses_a_certificate_of_an_unknown_kind_of_key)
{
    static const unsigned char ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
    struct test_pair p =
        test_pair("a.example", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    struct tls_certificate c = {memfd_create("c", 0), "cert.pem"};
    BIO *pem = pem_open(p.certificate);
    X509 *leaf = pem_certificate(pem);
    unsigned char *der = NULL, *at;
    int len = i2d_X509(leaf, &der);
    FILE *f = fdopen(dup(c.fd), "w");

    for (int i = 0; i < 3; i++) { /* of the signature, the key, the signature */
        at = memmem(der, (size_t)len, ed25519, sizeof(ed25519));
        cr_assert_not_null(at);
        at[4] = 0x7b;
    }
    PEM_write(f, "CERTIFICATE", "", der, len);
    fclose(f);
    cr_assert_null(tls_new(&c, 1, true, err, sizeof(err)));
    cr_assert(strncmp(err, "cert.pem: of a kind of key", 26) == 0, "%s", err);
    OPENSSL_free(der);
    X509_free(leaf);
    BIO_free(pem);
}

Test(tls, reads_a_file_from_its_start_wherever_its_offset_stands)
{
    struct test_pair p = test_pair("a.example", EVP_EC_gen("P-256"));
    struct tls_certificate c = {p.certificate, "cert.pem"};

    for (int i = 0; i < 2; i++) {
        struct tls *t = tls_new(&c, 1, false, err, sizeof(err));

        cr_assert_not_null(t, "%s", err);
        lseek(p.certificate, 10, SEEK_SET);
        tls_free(t);
    }
}
