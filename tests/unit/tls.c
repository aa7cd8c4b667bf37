/* Certificates: which are taken, and what is said of those that are not. */
#include "smtpd/tls.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A self-signed certificate for a name, and its key, as PEM in memfds. */
static struct tls_pair pair(const char *name, EVP_PKEY *key)
{
    static char san[256];
    X509 *x = X509_new();
    FILE *f;
    struct tls_pair p = {memfd_create("c", 0), memfd_create("k", 0), "cert.pem",
                         "key.pem"};

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    snprintf(san, sizeof(san), "DNS:%s", name);
    X509_add_ext(x, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san),
                 -1);
    X509_sign(x, key, EVP_sha256());
    f = fdopen(dup(p.certificate), "w");
    PEM_write_X509(f, x);
    fclose(f);
    f = fdopen(dup(p.key), "w");
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    X509_free(x);
    return p;
}

static char err[512];

Test(tls, takes_an_ecdsa_and_an_rsa_certificate_of_one_name)
{
    struct tls_pair p[2] = {pair("mx.example.org", EVP_EC_gen("P-256")),
                            pair("mx.example.org", EVP_RSA_gen(2048))};
    struct tls *t = tls_new(p, 2, true, err, sizeof(err));

    cr_assert_not_null(t, "%s", err);
    tls_free(t);
}

Test(tls, says_which_key_does_not_belong_to_its_certificate)
{
    struct tls_pair a = pair("a.example", EVP_EC_gen("P-256"));
    struct tls_pair b = pair("b.example", EVP_EC_gen("P-256"));

    a.key = b.key;
    cr_assert_null(tls_new(&a, 1, true, err, sizeof(err)));
    cr_assert(strncmp(err, "key.pem: does not belong to the certificate", 43) ==
                  0,
              "%s", err);
}

Test(tls, says_which_file_is_no_certificate_or_no_key)
{
    struct tls_pair a = pair("a.example", EVP_EC_gen("P-256"));
    struct tls_pair swapped = {a.key, a.certificate, "cert.pem", "key.pem"};
    struct tls_pair empty = {memfd_create("c", 0), a.key, "cert.pem",
                             "key.pem"};

    cr_assert_null(tls_new(&swapped, 1, true, err, sizeof(err)));
    cr_assert(strncmp(err, "cert.pem: not a certificate", 27) == 0, "%s", err);
    cr_assert_null(tls_new(&empty, 1, true, err, sizeof(err)));
    cr_assert(strncmp(err, "cert.pem: not a certificate", 27) == 0, "%s", err);
    a.key = a.certificate;
    cr_assert_null(tls_new(&a, 1, true, err, sizeof(err)));
    cr_assert(strncmp(err, "key.pem: not a private key", 26) == 0, "%s", err);
}

Test(tls, reads_a_file_from_its_start_wherever_its_offset_stands)
{
    struct tls_pair a = pair("a.example", EVP_EC_gen("P-256"));

    for (int i = 0; i < 2; i++) {
        struct tls *t = tls_new(&a, 1, false, err, sizeof(err));

        cr_assert_not_null(t, "%s", err);
        lseek(a.certificate, 10, SEEK_SET);
        tls_free(t);
    }
}
