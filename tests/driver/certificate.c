#include "tests/driver/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* EdDSA has a digest of its own. */
static const EVP_MD *digest_for(EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448")
               ? NULL
               : EVP_sha256();
}

struct test_pair test_pair(const char *name, EVP_PKEY *key)
{
    static char san[256];
    X509 *x = X509_new();
    X509_EXTENSION *e;
    FILE *f;
    struct test_pair p = {memfd_create("c", 0), memfd_create("k", 0)};

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    snprintf(san, sizeof(san), "DNS:%s", name);
    e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    X509_sign(x, key, digest_for(key));
    f = fdopen(dup(p.certificate), "w");
    PEM_write_X509(f, x);
    fclose(f);
    f = fdopen(dup(p.key), "w");
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    X509_free(x);
    return p;
}
