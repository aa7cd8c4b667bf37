/* See request.h.  Both ends use this file: smtpd writes, signer reads. */
#include "signer/request.h"

#include <openssl/x509.h>

bool sign_request_name(EVP_PKEY *key, unsigned char name[KEY_NAME])
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    bool ok = len > 0 &&
              EVP_Digest(der, (size_t)len, name, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);
    return ok;
}

void sign_request_write(const struct sign_request *r, struct msg_out *out)
{
    msg_put_mem(out, r->key, KEY_NAME);
    msg_put_str(out, r->digest);
    msg_put_u32(out, r->pss);
    msg_put_mem(out, r->data, r->len);
}

bool sign_request_read(struct sign_request *r, struct msg_in *in)
{
    uint32_t pss;

    msg_get_mem(in, r->key, KEY_NAME);
    msg_get_str(in, r->digest, sizeof(r->digest));
    msg_get_u32(in, &pss);
    r->pss = pss == 1;
    r->len = in->left;
    return pss <= 1 && r->len > 0 && r->len <= SIGNED_MAX &&
           msg_get_mem(in, r->data, r->len) && msg_done(in);
}
