/*
 * One context for each way of use.  Opportunistic TLS looks at no certificate:
 * who can forge one could as well have struck STARTTLS from the offer.
 *
 * The system's authorities are read as text before the sandbox closes, and
 * parsed only when a job asks for them: a relay lives for one conversation,
 * and most need none.  SSL_CERT_FILE names another file, as everywhere.
 */
#include "queue/relay_tls.h"

#include "lib/log.h"
#include "lib/netaddr.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX (16 * 1024 * 1024)

static SSL_CTX *plain, *verifying;
static char *authorities;
static size_t authorities_len;

/* Where systems keep them in one file; the first that is there. */
static int open_authorities(void)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
        "/etc/ssl/cert.pem",
    };
    const char *named = getenv(X509_get_default_cert_file_env());
    int fd;

    if (named != NULL)
        return open(named, O_RDONLY | O_CLOEXEC);
    fd = open(X509_get_default_cert_file(), O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; fd < 0 && i < sizeof(places) / sizeof(places[0]); i++)
        fd = open(places[i], O_RDONLY | O_CLOEXEC);
    return fd;
}

static int read_authorities(void)
{
    int fd = open_authorities();
    struct stat st;
    int rc = -1;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= PEM_MAX) {
        authorities = xcalloc(1, (size_t)st.st_size);
        authorities_len = (size_t)st.st_size;
        if (read(fd, authorities, authorities_len) == st.st_size)
            rc = 0;
    }
    close(fd);
    return rc;
}

static SSL_CTX *new_context(bool verify)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (ctx == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    return ctx;
}

int relay_tls_prepare(bool verify, char *err, size_t size)
{
    plain = new_context(false);
    if (verify)
        verifying = new_context(true);
    if (plain == NULL || (verify && verifying == NULL)) {
        snprintf(err, size, "OpenSSL: %s",
                 ERR_reason_error_string(ERR_peek_last_error()));
        return -1;
    }
    if (verify && read_authorities() != 0) {
        snprintf(err, size,
                 "route tls: the certificates of the authorities "
                 "that this system trusts cannot be read");
        return -1;
    }
    return 0;
}

static void parse_authorities(void)
{
    X509_STORE *store = SSL_CTX_get_cert_store(verifying);
    BIO *pem = BIO_new_mem_buf(authorities, (int)authorities_len);
    X509 *x;

    while (pem != NULL &&
           (x = PEM_read_bio_X509_AUX(pem, NULL, NULL, NULL)) != NULL) {
        X509_STORE_add_cert(store, x);
        X509_free(x);
    }
    ERR_clear_error(); /* that the text ended */
    BIO_free(pem);
    free(authorities);
    authorities = NULL;
}

/* RFC 6066 §3 has no addresses in server_name. */
static bool name_peer(SSL *ssl, const char *host, bool verify)
{
    struct netaddr address;

    if (netaddr_parse(host, &address))
        return !verify ||
               X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    if (SSL_set_tlsext_host_name(ssl, host) != 1)
        return false;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return !verify || SSL_set1_host(ssl, host) == 1;
}

SSL *relay_tls_new(int fd, const char *host, bool verify)
{
    SSL_CTX *ctx = verify ? verifying : plain;
    SSL *ssl;

    if (ctx == NULL) /* no route had that when we began */
        return NULL;
    if (verify && authorities != NULL)
        parse_authorities();
    ssl = SSL_new(ctx);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 ||
        !name_peer(ssl, host, verify)) {
        ERR_clear_error();
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_connect_state(ssl);
    return ssl;
}
