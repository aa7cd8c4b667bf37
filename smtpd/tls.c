/*
 * One SSL_CTX for each name that the certificates hold for; a context may
 * carry a certificate of each key type, and OpenSSL picks by what the client
 * can.  The contexts live as long as a connection uses them (OpenSSL counts),
 * so a reload never touches a session.
 *
 * Keys come as descriptors: this program cannot open files.
 */
#include "smtpd/tls.h"
#include "lib/log.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEM_MAX (256 * 1024)

struct tls {
    size_t n;
    struct name {
        SSL_CTX *ctx;
        X509 *leaf; /* of the first certificate, which names it */
    } names[];
};

static struct tls *current;

static int fail(char *err, size_t size, const char *path, const char *what)
{
    unsigned long e = ERR_peek_last_error();
    const char *reason = e != 0 ? ERR_reason_error_string(e) : NULL;

    snprintf(err, size, "%s: %s%s%s", path, what, reason != NULL ? ": " : "",
             reason != NULL ? reason : "");
    ERR_clear_error();
    return -1;
}

/* All of a file as a BIO, wherever its offset stands. */
static BIO *read_all(int fd)
{
    char *data = xcalloc(1, PEM_MAX);
    BIO *bio = NULL;
    ssize_t n = pread(fd, data, PEM_MAX, 0);

    if (n > 0 && (bio = BIO_new(BIO_s_mem())) != NULL)
        BIO_write(bio, data, (int)n);
    OPENSSL_cleanse(data, PEM_MAX);
    free(data);
    return bio;
}

/* No key is unlocked here: nobody sits at the console. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
    (void)buf, (void)size, (void)rwflag, (void)arg;
    return -1;
}

static int servername(SSL *ssl, int *alert, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    (void)alert, (void)arg;
    if (name == NULL || current == NULL)
        return SSL_TLSEXT_ERR_OK;
    for (size_t i = 0; i < current->n; i++) {
        if (X509_check_host(current->names[i].leaf, name, 0, 0, NULL) == 1) {
            SSL_set_SSL_CTX(ssl, current->names[i].ctx);
            break;
        }
    }
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *new_context(bool tickets)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (!tickets)
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx, tickets ? 1 : 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(ctx, no_password);
    SSL_CTX_set_tlsext_servername_callback(ctx, servername);
    return ctx;
}

static int add_chain(SSL_CTX *ctx, BIO *pem)
{
    X509 *extra;

    SSL_CTX_clear_chain_certs(ctx);
    while ((extra = PEM_read_bio_X509(pem, NULL, no_password, NULL)) != NULL)
        if (SSL_CTX_add0_chain_cert(ctx, extra) != 1) {
            X509_free(extra);
            return -1;
        }
    ERR_clear_error(); /* that the file ended */
    return 0;
}

static int add_key(SSL_CTX *ctx, const struct tls_pair *p, char *err,
                   size_t size)
{
    BIO *pem = read_all(p->key);
    EVP_PKEY *key = NULL;
    int rc = -1;

    if (pem != NULL)
        key = PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL);
    if (key == NULL)
        fail(err, size, p->key_path, "not a private key in PEM");
    else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
        fail(err, size, p->key_path, "does not belong to the certificate");
    else
        rc = 0;
    EVP_PKEY_free(key);
    BIO_free(pem);
    return rc;
}

/* Whether both hold for the first DNS name of b, or else for one subject. */
static bool same_name(X509 *a, X509 *b)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(b, NID_subject_alt_name, NULL, NULL);
    bool same =
        X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

        if (g->type == GEN_DNS) {
            const ASN1_IA5STRING *dns = g->d.dNSName;

            same =
                X509_check_host(a, (const char *)ASN1_STRING_get0_data(dns),
                                (size_t)ASN1_STRING_length(dns), 0, NULL) == 1;
            break;
        }
    }
    GENERAL_NAMES_free(names);
    return same;
}

/* The name whose first certificate covers the same first name, or a new one. */
static struct name *name_for(struct tls *t, X509 *leaf, bool tickets)
{
    int type = EVP_PKEY_get_base_id(X509_get0_pubkey(leaf));

    for (size_t i = 0; i < t->n; i++) {
        struct name *n = &t->names[i];

        if (EVP_PKEY_get_base_id(X509_get0_pubkey(n->leaf)) != type &&
            same_name(n->leaf, leaf))
            return n;
    }
    t->names[t->n].ctx = new_context(tickets);
    if (t->names[t->n].ctx == NULL)
        return NULL;
    X509_up_ref(leaf);
    t->names[t->n].leaf = leaf;
    return &t->names[t->n++];
}

static int add_pair(struct tls *t, const struct tls_pair *p, bool tickets,
                    char *err, size_t size)
{
    BIO *pem = read_all(p->certificate);
    X509 *leaf = NULL;
    struct name *n;
    int rc = -1;

    if (pem != NULL)
        leaf = PEM_read_bio_X509_AUX(pem, NULL, no_password, NULL);
    if (leaf == NULL) {
        fail(err, size, p->certificate_path, "not a certificate in PEM");
        goto out;
    }
    n = name_for(t, leaf, tickets);
    if (n == NULL || SSL_CTX_use_certificate(n->ctx, leaf) != 1) {
        fail(err, size, p->certificate_path, "OpenSSL does not take it");
        goto out;
    }
    rc = add_key(n->ctx, p, err, size);
    if (rc == 0 && (rc = add_chain(n->ctx, pem)) != 0)
        fail(err, size, p->certificate_path, "its chain is not taken");
out:
    X509_free(leaf);
    BIO_free(pem);
    return rc;
}

struct tls *tls_new(const struct tls_pair *pairs, size_t n, bool tickets,
                    char *err, size_t size)
{
    struct tls *t = xcalloc(1, sizeof(*t) + n * sizeof(t->names[0]));

    ERR_clear_error();
    for (size_t i = 0; i < n; i++) {
        if (add_pair(t, &pairs[i], tickets, err, size) != 0) {
            tls_free(t);
            return NULL;
        }
    }
    return t;
}

void tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    if (current == t)
        current = NULL;
    for (size_t i = 0; i < t->n; i++) {
        SSL_CTX_free(t->names[i].ctx);
        X509_free(t->names[i].leaf);
    }
    free(t);
}

void tls_use(struct tls *t)
{
    current = t;
}

SSL *tls_accept(struct tls *t, int fd)
{
    SSL *ssl = SSL_new(t->names[0].ctx);

    if (ssl != NULL && SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    if (ssl != NULL)
        SSL_set_accept_state(ssl);
    return ssl;
}
