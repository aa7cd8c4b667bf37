/*
 * Private keys that are not here: OpenSSL keys that can do what the public
 * half can, and sign by asking another process (signer/).
 */
#ifndef TARRY_REMOTE_KEY_H
#define TARRY_REMOTE_KEY_H

#include "signer/request.h"

#include <openssl/evp.h>

/*
 * Asks for a signature of r and waits for it.  It is written to signature,
 * which has room for SIGNATURE_MAX octets; returns their number, 0 when there
 * is none.
 */
typedef size_t (*remote_sign)(const struct sign_request *r,
                              unsigned char *signature);

/*
 * Once, before the sandbox: makes OpenSSL know such keys, and where their
 * signatures come from. Does not return on failure.
 */
void remote_key_init(remote_sign sign);

/*
 * The key of which public is the public half (not taken over); RSA, RSA-PSS,
 * EC, ED25519 and ED448.  NULL for another kind, or without memory.
 */
EVP_PKEY *remote_key_new(EVP_PKEY *public);

#endif
