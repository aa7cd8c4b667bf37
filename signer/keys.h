/*
 * Private keys, by the name of their public halves, and what they sign: what a
 * TLS server signs, and nothing else.
 */
#ifndef TARRY_KEYS_H
#define TARRY_KEYS_H

#include "signer/request.h"

struct keys;

/* A certificate and its key, as PEM behind descriptors. */
struct key_pair {
    int certificate, key;
    const char *key_path; /* for messages */
};

/*
 * Reads them.  Returns NULL with one line in err when one is not a key, is
 * locked by a password or does not belong to its certificate; one that is no
 * certificate is smtpd's to refuse.
 */
struct keys *keys_new(const struct key_pair *pairs, size_t n, char *err,
                      size_t size);
void keys_free(struct keys *k); /* NULL is fine */

/*
 * The signature, into SIGNATURE_MAX octets: its length, or 0 when there is no
 * such key here, or *why (a constant text) says what is wrong with the request.
 */
size_t keys_sign(const struct keys *k, const struct sign_request *r,
                 unsigned char *signature, const char **why);

/*
 * Whether that is what a server signs in TLS 1.3 (RFC 8446 §4.4.3) or in TLS
 * 1.2 with an ephemeral key on a named curve (RFC 8422 §5.4).
 */
bool keys_may_sign(const unsigned char *data, size_t len);

#endif
