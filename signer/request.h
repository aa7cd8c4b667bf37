/* What smtpd asks of signer, as MSG_SIGN carries it (lib/msg.h). */
#ifndef TARRY_SIGN_REQUEST_H
#define TARRY_SIGN_REQUEST_H

#include "lib/msg.h"

#include <openssl/evp.h>

#define KEY_NAME      32   /* octets */
#define SIGNED_MAX    4096 /* octets that are signed: TLS takes some hundreds */
#define SIGNATURE_MAX 2048 /* octets: an RSA key of 16384 bits */

struct sign_request {
    unsigned char key[KEY_NAME];
    char digest[32]; /* OpenSSL's name; "" for a kind of key that has its own */
    bool pss;        /* RSA: PSS with a salt as long as the digest */
    size_t len;
    unsigned char data[SIGNED_MAX];
};

/* The SHA-256 of the public half (SubjectPublicKeyInfo). */
bool sign_request_name(EVP_PKEY *key, unsigned char name[KEY_NAME]);

void sign_request_write(const struct sign_request *r, struct msg_out *out);
/* False for what is malformed or too long. */
bool sign_request_read(struct sign_request *r, struct msg_in *in);

#endif
