/* The socket's BIO asks here before it reads, and says what came of it. */
#include "lib/tls_reads.h"

#define READS 16

static long on_read(BIO *b, int what, const char *data, size_t len, int argi,
                    long argl, int result, size_t *processed)
{
    struct tls_reads *r = (struct tls_reads *)(void *)BIO_get_callback_arg(b);

    (void)data, (void)len, (void)argi, (void)argl, (void)processed;
    if (what == BIO_CB_READ && r->left == 0) {
        BIO_clear_retry_flags(b);
        BIO_set_retry_read(b);
        return -1;
    }
    if (what == BIO_CB_READ)
        r->left--;
    if (what == (BIO_CB_READ | BIO_CB_RETURN) && result <= 0 &&
        BIO_should_retry(b))
        r->dry = true;
    return result;
}

void tls_reads_count(struct tls_reads *r, SSL *ssl)
{
    BIO *b = SSL_get_rbio(ssl);

    tls_reads_begin(r);
    BIO_set_callback_arg(b, (char *)r);
    BIO_set_callback_ex(b, on_read);
}

void tls_reads_begin(struct tls_reads *r)
{
    r->left = READS;
    r->dry = false;
}
