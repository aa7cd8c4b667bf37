/*
 * One SSL_CTX for each name that the certificates hold for; a context may
 * carry a certificate of each key type, and OpenSSL picks by what the client
 * can.  The contexts live as long as a connection uses them (OpenSSL counts),
 * so a reload never touches a session.
 *
 * Certificates come as descriptors: this program cannot open files.  Their
 * keys do not come at all (remote_key.h).
 */
#include "smtpd/tls.h"
#include "lib/log.h"
#include "signer/pem.h"
#include "smtpd/remote_key.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls {
    size_t n;
    struct name {
        SSL_CTX *ctx;
        X509 *leaf; /* of the first certificate, which names it */
    } names[];
};

static struct tls *current;

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
    /* Ephemeral keys only: ours sign, and a key stolen later opens nothing
       (RFC 9325 §4.1). TLS 1.3 has no others. */
    SSL_CTX_set_cipher_list(ctx, "DEFAULT:!kRSA:!kDHE");
    SSL_CTX_set_options(ctx,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (!tickets)
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx, tickets ? 1 : 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(ctx, pem_no_password);
    SSL_CTX_set_tlsext_servername_callback(ctx, servername);
    return ctx;
}

static int add_chain(SSL_CTX *ctx, BIO *pem)
{
    X509 *extra;

    SSL_CTX_clear_chain_certs(ctx);
    while ((extra = PEM_read_bio_X509(pem, NULL, pem_no_password, NULL)) !=
           NULL)
        if (SSL_CTX_add0_chain_cert(ctx, extra) != 1) {
            X509_free(extra);
            return -1;
        }
    ERR_clear_error(); /* that the file ended */
    return 0;
}

/* The key is signer's; here is only who is to be asked for its signatures. */
static bool add_key(SSL_CTX *ctx, const X509 *leaf)
{
    EVP_PKEY *key = remote_key_new(X509_get0_pubkey(leaf));
    bool ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;

    EVP_PKEY_free(key);
    return ok;
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

static int add(struct tls *t, const struct tls_certificate *c, bool tickets,
               char *err, size_t size)
{
    BIO *pem = pem_open(c->fd);
    X509 *leaf = pem_certificate(pem);
    struct name *n;
    int rc = 0;

    if (leaf == NULL || X509_get0_pubkey(leaf) == NULL) {
        rc = pem_fail(err, size, c->path,
                      leaf == NULL ? "not a certificate in PEM"
                                   : "of a kind of key that is not known");
        goto out;
    }
    n = name_for(t, leaf, tickets);
    if (n == NULL || SSL_CTX_use_certificate(n->ctx, leaf) != 1 ||
        !add_key(n->ctx, leaf))
        rc = pem_fail(err, size, c->path, "OpenSSL does not take it");
    else if (add_chain(n->ctx, pem) != 0)
        rc = pem_fail(err, size, c->path, "its chain is not taken");
out:
    X509_free(leaf);
    BIO_free(pem);
    return rc;
}

struct tls *tls_new(const struct tls_certificate *certificates, size_t n,
                    bool tickets, char *err, size_t size)
{
    struct tls *t = xcalloc(1, sizeof(*t) + n * sizeof(t->names[0]));

    ERR_clear_error();
    for (size_t i = 0; i < n; i++) {
        if (add(t, &certificates[i], tickets, err, size) != 0) {
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
