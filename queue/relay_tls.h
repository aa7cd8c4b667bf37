/* TLS as a client. */
#ifndef TARRY_QUEUE_RELAY_TLS_H
#define TARRY_QUEUE_RELAY_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

/*
 * Before the sandbox closes: everything that OpenSSL reads from files. With
 * verify, also the authorities that this system trusts; -1 with a text in err
 * when there are none.
 */
int relay_tls_prepare(bool verify, char *err, size_t size);

/*
 * For a connected socket and the host that should be there; verify: its
 * certificate must be signed by a trusted authority, for that name (or that
 * address).  NULL when OpenSSL fails, or verify was not prepared.
 */
SSL *relay_tls_new(int fd, const char *host, bool verify);

#endif
