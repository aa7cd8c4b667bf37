/* See pem.h. */
#include "signer/pem.h"

#include "lib/log.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PEM_MAX (256 * 1024)

BIO *pem_open(int fd)
{
    char *data = xcalloc(1, PEM_MAX);
    BIO *bio = NULL;
    ssize_t n = pread(fd, data, PEM_MAX, 0);

    if (n > 0 && (bio = BIO_new(BIO_s_mem())) != NULL)
        BIO_write(bio, data, (int)n);
    OPENSSL_cleanse(data, PEM_MAX);
    free(data);
    return bio;
}

int pem_no_password(char *buf, int size, int rwflag, void *arg)
{
    (void)buf, (void)size, (void)rwflag, (void)arg;
    return -1;
}

X509 *pem_certificate(BIO *pem)
{
    return pem != NULL ? PEM_read_bio_X509_AUX(pem, NULL, pem_no_password, NULL)
                       : NULL;
}

int pem_fail(char *err, size_t size, const char *path, const char *what)
{
    unsigned long e = ERR_peek_last_error();
    const char *reason = e != 0 ? ERR_reason_error_string(e) : NULL;

    snprintf(err, size, "%s: %s%s%s", path, what, reason != NULL ? ": " : "",
             reason != NULL ? reason : "");
    ERR_clear_error();
    return -1;
}
