/*
 * See keys.h.  One who has taken smtpd over can ask for signatures and so pass
 * for this server while he is there; he cannot take the key along, and cannot
 * have anything signed that means something outside TLS.
 */
#include "signer/keys.h"

#include "lib/log.h"
#include "signer/pem.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

struct keys {
    size_t n;
    struct key {
        unsigned char name[KEY_NAME];
        EVP_PKEY *key;
    } v[];
};

static X509 *read_certificate(int fd)
{
    BIO *pem = pem_open(fd);
    X509 *leaf = pem_certificate(pem);

    BIO_free(pem);
    return leaf;
}

static EVP_PKEY *read_key(int fd)
{
    BIO *pem = pem_open(fd);
    EVP_PKEY *key = NULL;

    if (pem != NULL)
        key = PEM_read_bio_PrivateKey(pem, NULL, pem_no_password, NULL);
    BIO_free(pem);
    return key;
}

/* What is no certificate, smtpd refuses; nobody needs to hear it twice. */
static bool belongs(EVP_PKEY *key, int certificate)
{
    X509 *leaf = read_certificate(certificate);
    bool ok = leaf == NULL || X509_check_private_key(leaf, key) == 1;

    X509_free(leaf);
    return ok;
}

static int add(struct keys *k, const struct key_pair *p, char *err, size_t size)
{
    struct key *new = &k->v[k->n];

    new->key = read_key(p->key);
    if (new->key == NULL)
        return pem_fail(err, size, p->key_path, "not a private key in PEM");
    k->n++;
    if (!belongs(new->key, p->certificate))
        return pem_fail(err, size, p->key_path,
                        "does not belong to the certificate");
    if (!sign_request_name(new->key, new->name))
        return pem_fail(err, size, p->key_path, "OpenSSL does not take it");
    return 0;
}

struct keys *keys_new(const struct key_pair *pairs, size_t n, char *err,
                      size_t size)
{
    struct keys *k = xcalloc(1, sizeof(*k) + n * sizeof(k->v[0]));

    ERR_clear_error();
    for (size_t i = 0; i < n; i++)
        if (add(k, &pairs[i], err, size) != 0) {
            keys_free(k);
            return NULL;
        }
    return k;
}

void keys_free(struct keys *k)
{
    if (k == NULL)
        return;
    for (size_t i = 0; i < k->n; i++)
        EVP_PKEY_free(k->v[i].key);
    free(k);
}

/*
 * A structure of ASN.1 that is just so long, as certificates and signed
 * messages are. Random octets look so once in 30,000 times at most.
 */
static bool is_der(const unsigned char *p, size_t len)
{
    enum { SEQUENCE = 0x30, SET = 0x31 };

    if (p[0] != SEQUENCE && p[0] != SET)
        return false;
    return p[1] == 0x82   ? (size_t)(p[2] << 8 | p[3]) == len - 4
           : p[1] == 0x81 ? p[2] == len - 3
                          : p[1] == len - 2;
}

bool keys_may_sign(const unsigned char *data, size_t len)
{
    static const char context[] = "TLS 1.3, server CertificateVerify";
    enum { PAD = 64, RANDOMS = 64, NAMED_CURVE = 3 };

    /* 64 spaces, the context with its NUL, a digest. */
    if (len > PAD + sizeof(context) &&
        memcmp(data + PAD, context, sizeof(context)) == 0) {
        for (size_t i = 0; i < PAD; i++)
            if (data[i] != ' ')
                return false;
        return len <= PAD + sizeof(context) + EVP_MAX_MD_SIZE;
    }
    /*
     * Both randoms, the curve, and a point of so many octets. Who asks can
     * choose most of them, but not make a certificate of them.
     */
    return len > RANDOMS + 4 && data[RANDOMS] == NAMED_CURVE &&
           len == RANDOMS + 4 + (size_t)data[RANDOMS + 3] && !is_der(data, len);
}

static bool set_padding(EVP_PKEY_CTX *c, EVP_PKEY *key, bool pss)
{
    if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "RSA-PSS"))
        return !pss;
    if (!pss)
        return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) > 0;
    return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0;
}

static size_t sign(EVP_PKEY *key, const struct sign_request *r,
                   unsigned char *signature)
{
    const char *digest = r->digest[0] != '\0' ? r->digest : NULL;
    size_t len = SIGNATURE_MAX;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *c = NULL; /* md's own */
    bool ok =
        md != NULL &&
        EVP_DigestSignInit_ex(md, &c, digest, NULL, NULL, key, NULL) == 1 &&
        set_padding(c, key, r->pss) &&
        EVP_DigestSign(md, signature, &len, r->data, r->len) == 1;

    EVP_MD_CTX_free(md);
    ERR_clear_error();
    return ok ? len : 0;
}

size_t keys_sign(const struct keys *k, const struct sign_request *r,
                 unsigned char *signature, const char **why)
{
    size_t len;

    *why = NULL;
    if (!keys_may_sign(r->data, r->len)) {
        *why = "asked to sign what no TLS server signs";
        return 0;
    }
    for (size_t i = 0; k != NULL && i < k->n; i++) {
        if (memcmp(k->v[i].name, r->key, KEY_NAME) != 0)
            continue;
        len = sign(k->v[i].key, r, signature);
        if (len == 0)
            *why = "OpenSSL does not sign that";
        return len;
    }
    return 0;
}
