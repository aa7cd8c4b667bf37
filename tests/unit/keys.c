/* signer's keys: which are taken, and what they sign. */
#include "signer/keys.h"

#include "tests/driver/certificate.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char err[512];
static unsigned char signature[SIGNATURE_MAX];
static const char *why;

static struct key_pair pair(EVP_PKEY *key)
{
    struct test_pair p = test_pair("mx.example.org", key);

    return (struct key_pair){p.certificate, p.key, "key.pem"};
}

static struct keys *keys_of(EVP_PKEY *key)
{
    struct key_pair p = pair(key);
    struct keys *k = keys_new(&p, 1, err, sizeof(err));

    cr_assert_not_null(k, "%s", err);
    close(p.certificate);
    close(p.key);
    return k;
}

/* What a server signs in TLS 1.3: RFC 8446 §4.4.3. */
static struct sign_request request_of(EVP_PKEY *key, const char *digest,
                                      bool pss)
{
    static const char context[] = "TLS 1.3, server CertificateVerify";
    struct sign_request r = {.pss = pss};

    cr_assert(sign_request_name(key, r.key));
    strcpy(r.digest, digest);
    memset(r.data, ' ', 64);
    memcpy(r.data + 64, context, sizeof(context));
    memset(r.data + 64 + sizeof(context), 0x5a, 32);
    r.len = 64 + sizeof(context) + 32;
    return r;
}

static bool verifies(EVP_PKEY *key, const struct sign_request *r, size_t len)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *c;
    bool ok =
        EVP_DigestVerifyInit_ex(md, &c, r->digest[0] != '\0' ? r->digest : NULL,
                                NULL, NULL, key, NULL) == 1;

    if (r->pss)
        ok = ok && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0;
    ok = ok && EVP_DigestVerify(md, signature, len, r->data, r->len) == 1;
    EVP_MD_CTX_free(md);
    return ok;
}

static void signs(EVP_PKEY *key, const char *digest, bool pss)
{
    struct keys *k = keys_of(key);
    struct sign_request r = request_of(key, digest, pss);
    size_t len = keys_sign(k, &r, signature, &why);

    cr_assert_gt(len, 0, "%s: %s", digest, why);
    cr_assert(verifies(key, &r, len), "%s", digest);
    keys_free(k);
    EVP_PKEY_free(key);
}

Test(keys, sign_with_every_kind_of_key)
{
    signs(EVP_EC_gen("P-256"), "SHA256", false);
    signs(EVP_EC_gen("P-384"), "SHA384", false);
    signs(EVP_RSA_gen(2048), "SHA256", false);
    signs(EVP_RSA_gen(2048), "SHA256", true);
    signs(EVP_RSA_gen(3072), "SHA512", true);
    signs(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "", false);
    signs(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), "", false);
}

Test(keys, a_key_that_is_not_here_gives_no_signature_and_no_reproach)
{
    EVP_PKEY *ours = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    struct keys *k = keys_of(ours);
    struct sign_request r = request_of(other, "SHA256", false);

    cr_assert_eq(keys_sign(k, &r, signature, &why), 0);
    cr_assert_null(why);
    cr_assert_eq(keys_sign(NULL, &r, signature, &why), 0);
    cr_assert_null(why);
}

Test(keys, what_no_tls_server_signs_is_not_signed)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct keys *k = keys_of(key);
    struct sign_request r = request_of(key, "SHA256", false);

    r.data[70] ^= 1;
    cr_assert_eq(keys_sign(k, &r, signature, &why), 0);
    cr_assert_str_eq(why, "asked to sign what no TLS server signs");
}

Test(keys, a_request_that_openssl_refuses_gives_a_reason)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct keys *k = keys_of(key);
    struct sign_request r = request_of(key, "NO-SUCH-DIGEST", false);

    cr_assert_eq(keys_sign(k, &r, signature, &why), 0);
    cr_assert_str_eq(why, "OpenSSL does not sign that");
    r = request_of(key, "SHA256", true); /* PSS is RSA's */
    cr_assert_eq(keys_sign(k, &r, signature, &why), 0);
    cr_assert_not_null(why);
}

Test(keys, tls_1_3_is_known_by_its_spaces_its_context_and_its_length)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct sign_request r = request_of(key, "SHA256", false);

    cr_assert(keys_may_sign(r.data, r.len));
    cr_assert(keys_may_sign(r.data, r.len + 32)); /* SHA-512 */
    cr_assert_not(keys_may_sign(r.data, r.len + 33));
    cr_assert_not(keys_may_sign(r.data, 64 + 34)); /* no digest */
    for (size_t i = 0; i < 64 + 34; i++) {
        r.data[i] ^= 1;
        cr_assert_not(keys_may_sign(r.data, r.len), "octet %zu", i);
        r.data[i] ^= 1;
    }
}

Test(keys, tls_1_2_is_known_by_a_named_curve_and_the_length_of_its_point)
{
    unsigned char data[64 + 4 + 65] = {[64] = 3, [66] = 23, [67] = 65};

    cr_assert(keys_may_sign(data, sizeof(data)));
    cr_assert_not(keys_may_sign(data, sizeof(data) - 1));
    cr_assert_not(keys_may_sign(data, 64 + 4));
    cr_assert_not(keys_may_sign(data, 10));
    data[64] = 1; /* a curve of the peer's own making */
    cr_assert_not(keys_may_sign(data, sizeof(data)));
}

/* Of TLS 1.2, most of what is signed can be chosen by who asks. */
Test(keys, what_looks_like_tls_1_2_and_is_der_is_not_signed)
{
    unsigned char p256[64 + 4 + 65] = {[64] = 3, [66] = 23, [67] = 65};
    unsigned char x25519[64 + 4 + 32] = {[64] = 3, [66] = 29, [67] = 32};

    p256[0] = 0x30; /* a SEQUENCE of what follows: the body of a certificate */
    p256[1] = 0x81;
    p256[2] = sizeof(p256) - 3;
    cr_assert_not(keys_may_sign(p256, sizeof(p256)));
    p256[1] = 0x82;
    p256[2] = 0;
    p256[3] = sizeof(p256) - 4;
    cr_assert_not(keys_may_sign(p256, sizeof(p256)));
    p256[3]++;
    cr_assert(keys_may_sign(p256, sizeof(p256)));
    x25519[0] = 0x31; /* a SET: the attributes of a message */
    x25519[1] = sizeof(x25519) - 2;
    cr_assert_not(keys_may_sign(x25519, sizeof(x25519)));
    x25519[0] = 0x32;
    cr_assert(keys_may_sign(x25519, sizeof(x25519)));
}

Test(keys, says_which_key_does_not_belong_to_its_certificate)
{
    struct key_pair a = pair(EVP_EC_gen("P-256"));
    struct key_pair b = pair(EVP_EC_gen("P-256"));

    a.key = b.key;
    cr_assert_null(keys_new(&a, 1, err, sizeof(err)));
    cr_assert(strncmp(err, "key.pem: does not belong to the certificate", 43) ==
                  0,
              "%s", err);
}

Test(keys, says_which_file_is_no_key)
{
    struct key_pair a = pair(EVP_EC_gen("P-256"));

    a.key = a.certificate;
    cr_assert_null(keys_new(&a, 1, err, sizeof(err)));
    cr_assert(strncmp(err, "key.pem: not a private key", 26) == 0, "%s", err);
}

Test(keys, what_is_no_certificate_is_left_to_smtpd_to_refuse)
{
    struct key_pair a = pair(EVP_EC_gen("P-256"));
    struct keys *k;

    a.certificate = memfd_create("c", 0);
    k = keys_new(&a, 1, err, sizeof(err));
    cr_assert_not_null(k, "%s", err);
    keys_free(k);
}

Test(keys, one_behind_a_password_is_refused_and_nobody_is_asked)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct key_pair a = pair(key);
    int locked = memfd_create("k", 0);
    FILE *f = fdopen(dup(locked), "w");

    PEM_write_PrivateKey(f, key, EVP_aes_128_cbc(),
                         (const unsigned char *)"secret", 6, NULL, NULL);
    fclose(f);
    a.key = locked;
    cr_assert_null(keys_new(&a, 1, err, sizeof(err)));
    cr_assert(strncmp(err, "key.pem: not a private key", 26) == 0, "%s", err);
}

Test(keys, a_request_survives_its_message)
{
    static struct msg_out out;
    struct sign_request r = request_of(EVP_EC_gen("P-256"), "SHA256", true),
                        got;
    struct msg_in in = {.data = out.data};

    sign_request_write(&r, &out);
    in.left = out.len;
    cr_assert(sign_request_read(&got, &in));
    cr_assert(got.pss && got.len == r.len && strcmp(got.digest, "SHA256") == 0);
    cr_assert_arr_eq(got.key, r.key, KEY_NAME);
    cr_assert_arr_eq(got.data, r.data, r.len);
    for (size_t n = 0; n < KEY_NAME + 2 + 6 + 4 + 1; n++) {
        in = (struct msg_in){.data = out.data, .left = n};
        cr_assert_not(sign_request_read(&got, &in), "%zu octets", n);
    }
}
