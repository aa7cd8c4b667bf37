/* Signatures for TLS, from signer. */
#ifndef TARRY_SIGNATURES_H
#define TARRY_SIGNATURES_H

#include "lib/child.h"
#include "signer/request.h"

/* The channel to signer, which replaces the last one. */
void signatures_peer(struct child *c, int fd);

/* A remote_sign (smtpd/remote_key.h). */
size_t signatures_ask(const struct sign_request *r, unsigned char *signature);

#endif
