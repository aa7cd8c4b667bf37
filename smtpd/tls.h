/*
 * TLS for the server side, by OpenSSL: versions 1.2 and 1.3, certificates of
 * several kinds (ECDSA and RSA) and for several names (SNI).
 */
#ifndef TARRY_TLS_H
#define TARRY_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct tls;

/* A certificate with its chain, as PEM behind a descriptor. */
struct tls_certificate {
    int fd;
    const char *path; /* for messages */
};

/*
 * Certificates that hold for the same first name are offered side by side;
 * the first one's serve clients that name no host, or an unknown one.  Their
 * keys must sign through remote_key.h, whose remote_key_init() comes first.
 * Returns NULL with one line in err.
 */
struct tls *tls_new(const struct tls_certificate *certificates, size_t n,
                    bool tickets, char *err, size_t size);
void tls_free(struct tls *t); /* connections made of it go on */

/*
 * The server's side of a new connection, or NULL. While t lives, which may
 * be replaced meanwhile, the name that the client gives picks a certificate
 * out of the set passed to tls_use() last.
 */
SSL *tls_accept(struct tls *t, int fd);
void tls_use(struct tls *t);

#endif
