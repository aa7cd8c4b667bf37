/* Certificates and keys as PEM behind descriptors (RFC 7468), by OpenSSL. */
#ifndef TARRY_PEM_H
#define TARRY_PEM_H

#include <openssl/pem.h>
#include <stddef.h>

/*
 * All of a file as a BIO, wherever its offset stands; 256 KB of it at most.
 * NULL when there is nothing to read.
 */
BIO *pem_open(int fd);

/*
 * The password of nothing: no key is unlocked here, where nobody sits at the
 * console. For the callbacks of the PEM_ functions.
 */
int pem_no_password(char *buf, int size, int rwflag, void *arg);

/* The first certificate, with what OpenSSL may say of its trust; or NULL. */
X509 *pem_certificate(BIO *pem);

/* "PATH: WHAT: OpenSSL's reason", if it has one, into err; returns -1. */
int pem_fail(char *err, size_t size, const char *path, const char *what);

#endif
