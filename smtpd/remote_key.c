/*
 * A provider for OpenSSL 3 (provider-keymgmt(7), provider-signature(7)) that
 * holds public keys and signs by asking.
 *
 * It lives in a library context of its own, where nothing else is looked up:
 * so no certificate, and no key of a client, ever ends here by mistake.  Our
 * keys cannot be exported, therefore OpenSSL signs with them here and nowhere
 * else.  What TLS needs is here, and no more: one-shot signatures, with RSA
 * padded by PKCS #1 or by PSS with a salt as long as the digest.
 */
#include "smtpd/remote_key.h"
#include "lib/log.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

typedef void (*function)(void);

static OSSL_LIB_CTX *context;
static remote_sign ask;

/* A key: all that is known of it here. */
struct remote_key {
    const char *kind;
    EVP_PKEY *public;
    unsigned char name[KEY_NAME];
};

static void *key_new(const char *kind)
{
    struct remote_key *k = xcalloc(1, sizeof(*k));

    k->kind = kind;
    return k;
}

static void key_free(void *key)
{
    struct remote_key *k = key;

    if (k != NULL)
        EVP_PKEY_free(k->public);
    free(k);
}

/* As far as OpenSSL is concerned, the private half too. */
static int key_has(const void *key, int selection)
{
    const struct remote_key *k = key;

    (void)selection;
    return k->public != NULL;
}

static int key_match(const void *a, const void *b, int selection)
{
    const struct remote_key *ka = a, *kb = b;

    (void)selection;
    return EVP_PKEY_eq(ka->public, kb->public) == 1;
}

static int key_import(void *key, int selection, const OSSL_PARAM params[])
{
    struct remote_key *k = key;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, k->kind, NULL);
    int ok;

    (void)selection;
    ok = c != NULL && EVP_PKEY_fromdata_init(c) == 1 &&
         EVP_PKEY_fromdata(c, &k->public, EVP_PKEY_PUBLIC_KEY,
                           (OSSL_PARAM *)(uintptr_t)params) == 1 &&
         sign_request_name(k->public, k->name);
    EVP_PKEY_CTX_free(c);
    return ok;
}

static int key_get_params(void *key, OSSL_PARAM params[])
{
    struct remote_key *k = key;

    return EVP_PKEY_get_params(k->public, params);
}

/* What a public key tells, or is made of, is not listed. */
static const OSSL_PARAM none[] = {OSSL_PARAM_END};

static const OSSL_PARAM *key_gettable(void *provider)
{
    (void)provider;
    return none;
}

static const OSSL_PARAM *key_import_types(int selection)
{
    (void)selection;
    return none;
}

/* A signature in the making. */
struct signing {
    struct remote_key *key;
    struct sign_request r;
};

static void *signing_new(void *provider, const char *properties)
{
    (void)provider, (void)properties;
    return xcalloc(1, sizeof(struct signing));
}

/* OpenSSL says it in either way: a number or a word. */
static bool says(const OSSL_PARAM *p, int number, const char *word)
{
    const char *text;
    int value;

    if (p->data_type == OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_get_utf8_string_ptr(p, &text) &&
               strcmp(text, word) == 0;
    return OSSL_PARAM_get_int(p, &value) && value == number;
}

static int signing_set_params(void *ctx, const OSSL_PARAM params[])
{
    struct signing *s = ctx;
    const OSSL_PARAM *p;

    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (p != NULL) {
        s->r.pss = says(p, RSA_PKCS1_PSS_PADDING, OSSL_PKEY_RSA_PAD_MODE_PSS);
        if (!s->r.pss &&
            !says(p, RSA_PKCS1_PADDING, OSSL_PKEY_RSA_PAD_MODE_PKCSV15))
            return 0;
    }
    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    return p == NULL ||
           says(p, RSA_PSS_SALTLEN_DIGEST, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST);
}

static const OSSL_PARAM *signing_settable(void *ctx, void *provider)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_END};

    (void)ctx, (void)provider;
    return settable;
}

static int signing_init(void *ctx, const char *digest, void *key,
                        const OSSL_PARAM params[])
{
    struct signing *s = ctx;

    memset(&s->r, 0, sizeof(s->r));
    s->key = key;
    if (snprintf(s->r.digest, sizeof(s->r.digest), "%s",
                 digest != NULL ? digest : "") >= (int)sizeof(s->r.digest))
        return 0;
    memcpy(s->r.key, s->key->name, KEY_NAME);
    return params == NULL || signing_set_params(s, params);
}

static int signing_sign(void *ctx, unsigned char *signature, size_t *len,
                        size_t size, const unsigned char *data, size_t n)
{
    struct signing *s = ctx;
    unsigned char made[SIGNATURE_MAX];

    if (signature == NULL) {
        *len = (size_t)EVP_PKEY_get_size(s->key->public);
        return 1;
    }
    if (n > SIGNED_MAX)
        return 0;
    memcpy(s->r.data, data, n);
    s->r.len = n;
    *len = ask(&s->r, made);
    if (*len == 0 || *len > size)
        return 0;
    memcpy(signature, made, *len);
    return 1;
}

/* clang-format off */
static const OSSL_DISPATCH signature_functions[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, (function)signing_new},
    {OSSL_FUNC_SIGNATURE_FREECTX, (function)free},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (function)signing_init},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (function)signing_sign},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (function)signing_set_params},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (function)signing_settable},
    {0, NULL},
};

/* A kind of key does not learn from OpenSSL which it is. */
#define KIND(id, name)                                                        \
    static void *id##_new(void *provider)                                     \
    {                                                                         \
        return (void)provider, key_new(name);                                 \
    }                                                                         \
    static const OSSL_DISPATCH id##_functions[] = {                           \
        {OSSL_FUNC_KEYMGMT_NEW, (function)id##_new},                          \
        {OSSL_FUNC_KEYMGMT_FREE, (function)key_free},                         \
        {OSSL_FUNC_KEYMGMT_HAS, (function)key_has},                           \
        {OSSL_FUNC_KEYMGMT_MATCH, (function)key_match},                       \
        {OSSL_FUNC_KEYMGMT_IMPORT, (function)key_import},                     \
        {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (function)key_import_types},         \
        {OSSL_FUNC_KEYMGMT_GET_PARAMS, (function)key_get_params},             \
        {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (function)key_gettable},          \
        {0, NULL},                                                            \
    };

KIND(rsa, "RSA")
KIND(rsa_pss, "RSA-PSS")
KIND(ec, "EC")
KIND(ed25519, "ED25519")
KIND(ed448, "ED448")

/* The names by which OpenSSL knows them: RFC 8017, RFC 5480, RFC 8410. */
#define RSA_NAMES     "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define RSA_PSS_NAMES "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10"
#define EC_NAMES      "EC:id-ecPublicKey:1.2.840.10045.2.1"

static const OSSL_ALGORITHM keys[] = {
    {RSA_NAMES, "", rsa_functions, NULL},
    {RSA_PSS_NAMES, "", rsa_pss_functions, NULL},
    {EC_NAMES, "", ec_functions, NULL},
    {"ED25519:1.3.101.112", "", ed25519_functions, NULL},
    {"ED448:1.3.101.113", "", ed448_functions, NULL},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM signatures[] = {
    {RSA_NAMES, "", signature_functions, NULL},
    {RSA_PSS_NAMES, "", signature_functions, NULL},
    {EC_NAMES, "", signature_functions, NULL},
    {"ED25519:1.3.101.112", "", signature_functions, NULL},
    {"ED448:1.3.101.113", "", signature_functions, NULL},
    {NULL, NULL, NULL, NULL},
};
/* clang-format on */

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_store)
{
    (void)provider;
    *no_store = 0;
    return operation == OSSL_OP_KEYMGMT     ? keys
           : operation == OSSL_OP_SIGNATURE ? signatures
                                            : NULL;
}

static int provider_init(const OSSL_CORE_HANDLE *handle,
                         const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                         void **provider)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (function)query}, {0, NULL}};

    (void)handle, (void)in;
    *out = functions;
    *provider = context;
    return 1;
}

void remote_key_init(remote_sign sign)
{
    ask = sign;
    if (context != NULL)
        return;
    context = OSSL_LIB_CTX_new();
    if (context == NULL ||
        !OSSL_PROVIDER_add_builtin(context, "tarry", provider_init) ||
        OSSL_PROVIDER_load(context, "tarry") == NULL)
        fatal(EX_OSERR, "OpenSSL takes no provider");
}

EVP_PKEY *remote_key_new(EVP_PKEY *public)
{
    const char *kind = EVP_PKEY_get0_type_name(public);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(context, kind, NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (c != NULL && EVP_PKEY_fromdata_init(c) == 1 &&
        EVP_PKEY_todata(public, EVP_PKEY_PUBLIC_KEY, &params) == 1)
        EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(c);
    return key;
}
