/* Certificates for tests, made as they are needed. */
#ifndef TARRY_TEST_CERTIFICATE_H
#define TARRY_TEST_CERTIFICATE_H

#include <openssl/evp.h>

/* A self-signed certificate for a name, and its key, as PEM in memfds. */
struct test_pair {
    int certificate, key;
};
struct test_pair test_pair(const char *name, EVP_PKEY *key);

#endif
