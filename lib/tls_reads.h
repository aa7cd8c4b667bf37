/*
 * A bound on what one call of OpenSSL reads from the socket.
 *
 * Of TLS there are records that bring no octets (new keys, handshakes that are
 * refused), and OpenSSL would read on for as long as they come.
 */
#ifndef TARRY_TLS_READS_H
#define TARRY_TLS_READS_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct tls_reads {
    unsigned left; /* to the call under way; a record takes two */
    bool dry;      /* the socket had no more */
};

/*
 * From now on calls for ssl count in r, which stays where it is for as long as
 * ssl lives.  Call tls_reads_begin() before each: when it wants to read and r
 * is not dry, it has had its share, and there may be more at once.
 */
void tls_reads_count(struct tls_reads *r, SSL *ssl);
void tls_reads_begin(struct tls_reads *r);

#endif
