/*
 * A running daemon as a peer, over TCP and TLS.  A reply is waited for half a
 * minute; that nothing more was said is known for sure only at the end, when
 * our side of the connection is shut and the daemon closes its own.
 */
#include "tests/dialogue/run.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define PATIENCE_MS 30000

struct live {
    struct peer peer;
    struct options o;
    SSL_CTX *ctx;
    SSL *ssl; /* NULL: in the clear */
    int fd;
    bool eof;
    char in[65536]; /* read, not yet asked for */
    size_t in_len;
};

static struct live *of(struct peer *p)
{
    return (struct live *)(void *)p;
}

static bool fail(struct live *l, const char *what, const char *detail)
{
    snprintf(l->peer.why, sizeof l->peer.why, "%s%s%.300s", what,
             detail ? ": " : "", detail ? detail : "");
    return false;
}

static bool ready(struct live *l, short events, int ms)
{
    struct pollfd pfd = {.fd = l->fd, .events = events};
    return poll(&pfd, 1, ms) == 1;
}

/* Whether a call of OpenSSL that gave n is worth repeating after a wait. */
static bool again(struct live *l, int n, int ms)
{
    int error = SSL_get_error(l->ssl, n);
    ERR_clear_error();
    return (error == SSL_ERROR_WANT_READ && ready(l, POLLIN, ms)) ||
           (error == SSL_ERROR_WANT_WRITE && ready(l, POLLOUT, ms));
}

/*
 * Reads once, if anything comes within ms: a TLS record need not hold any of
 * what was said.
 */
static bool fill(struct live *l, int ms)
{
    size_t room = sizeof l->in - l->in_len;
    ssize_t n;
    if (l->eof || room == 0)
        return false;
    if (l->ssl) {
        do
            n = SSL_read(l->ssl, l->in + l->in_len, (int)room);
        while (n <= 0 && again(l, (int)n, ms));
        l->eof = n <= 0 && SSL_get_error(l->ssl, (int)n) != SSL_ERROR_WANT_READ;
    } else {
        if (!ready(l, POLLIN, ms))
            return false;
        n = read(l->fd, l->in + l->in_len, room);
        l->eof = n <= 0;
    }
    if (n > 0)
        l->in_len += (size_t)n;
    return n > 0;
}

static bool write_all(struct live *l, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = l->ssl ? SSL_write(l->ssl, data, (int)len)
                           : write(l->fd, data, len);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (l->ssl
                       ? !again(l, (int)n, PATIENCE_MS)
                       : errno != EAGAIN || !ready(l, POLLOUT, PATIENCE_MS)) {
            return false;
        }
    }
    return true;
}

/*
 * A failed write is no failure of the dialogue: the daemon may close while we
 * still speak, and its last words tell why.
 */
static bool live_send(struct peer *peer, const char *data, size_t len)
{
    struct live *l = of(peer);
    size_t step = l->o.place & PLACE_SPLIT ? 1 : len;
    size_t i = 0;
    while (i < len && write_all(l, data + i, step))
        i += step;
    ERR_clear_error();
    return true;
}

static enum got live_line(struct peer *peer, char *line, size_t size,
                          size_t *len)
{
    struct live *l = of(peer);
    const char *end;
    while (!(end = memchr(l->in, '\n', l->in_len)))
        if (!fill(l, PATIENCE_MS))
            break;
    if (!end && l->in_len == 0)
        return l->eof ? GOT_CLOSED : GOT_NOTHING;
    *len = end ? (size_t)(end + 1 - l->in) : l->in_len;
    if (*len > size - 1)
        *len = size - 1;
    memcpy(line, l->in, *len);
    line[*len] = '\0';
    l->in_len -= *len;
    memmove(l->in, l->in + *len, l->in_len);
    return GOT_LINE;
}

static bool live_silent(struct peer *peer, bool for_good)
{
    struct live *l = of(peer);
    if (for_good && l->ssl)
        SSL_shutdown(l->ssl);
    if (for_good)
        shutdown(l->fd, SHUT_WR);
    while (l->in_len == 0 && fill(l, for_good ? PATIENCE_MS : 0))
        ;
    l->in[l->in_len < sizeof l->in ? l->in_len : sizeof l->in - 1] = '\0';
    if (l->in_len > 0)
        return fail(l, "an unexpected reply", l->in);
    if (for_good && !l->eof)
        return fail(l, "it does not close when the client does", NULL);
    return true;
}

static bool live_tls(struct peer *peer)
{
    struct live *l = of(peer);
    int n;
    if (l->in_len > 0)
        return fail(l, "said in the clear before the handshake", l->in);
    l->ssl = SSL_new(l->ctx);
    SSL_set_fd(l->ssl, l->fd);
    do
        n = SSL_connect(l->ssl);
    while (n != 1 && again(l, n, PATIENCE_MS));
    return n == 1 || fail(l, "the handshake failed", NULL);
}

static bool dial(struct live *l)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *ai;
    int one = 1, error = getaddrinfo(l->o.host, l->o.port, &hints, &ai);
    if (error)
        return fail(l, l->o.host, gai_strerror(error));
    l->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    error = connect(l->fd, ai->ai_addr, ai->ai_addrlen);
    freeaddrinfo(ai);
    fcntl(l->fd, F_SETFL, O_NONBLOCK);
    return error == 0 || fail(l, "connect", strerror(errno));
}

/*
 * STARTTLS before the dialogue: the greeting is kept, to be read by it. What
 * follows must be as on a new connection.
 */
static bool negotiate(struct live *l)
{
    char greeting[1024], line[1024];
    size_t len, greeting_len;
    if (live_line(&l->peer, greeting, sizeof greeting, &greeting_len) !=
        GOT_LINE)
        return fail(l, "no greeting", NULL);
    write_all(l, "EHLO before\r\n", 13);
    do {
        if (live_line(&l->peer, line, sizeof line, &len) != GOT_LINE)
            return fail(l, "no answer to EHLO", NULL);
    } while (line[3] == '-');
    write_all(l, "STARTTLS\r\n", 10);
    if (live_line(&l->peer, line, sizeof line, &len) != GOT_LINE ||
        strncmp(line, "220 ", 4))
        return fail(l, "no STARTTLS", line);
    if (!live_tls(&l->peer))
        return false;
    memcpy(l->in, greeting, greeting_len);
    l->in_len = greeting_len;
    return true;
}

static bool live_begin(struct peer *peer, const struct dialogue *d)
{
    struct live *l = of(peer);
    (void)d;
    l->eof = false;
    l->in_len = 0;
    l->ssl = NULL;
    l->fd = -1;
    maildirs_clear(l->o.mail);
    if (!dial(l))
        return false;
    if (l->o.starttls)
        return negotiate(l);
    return !(l->o.place & PLACE_TLS) || live_tls(peer);
}

static void live_close(struct peer *peer)
{
    struct live *l = of(peer);
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

/* Being silent is all there is to it: the next reply is waited for. */
static bool live_idle(struct peer *peer)
{
    (void)peer;
    return true;
}

static bool live_house(struct peer *peer, const struct step *step)
{
    (void)step;
    return fail(of(peer), "only the pure session has such a house", NULL);
}

static bool live_message(struct peer *peer, struct message *out)
{
    struct live *l = of(peer);
    int n = maildirs_take(l->o.mail, out);
    if (n < 0)
        fail(l, "several messages were stored", NULL);
    return n == 1;
}

static void live_end(struct peer *peer)
{
    struct live *l = of(peer);
    SSL_free(l->ssl);
    l->ssl = NULL;
    live_close(peer);
    ERR_clear_error();
}

struct peer *live_new(const struct options *o)
{
    static const struct peer_ops ops = {
        live_begin, live_send, live_line,  live_silent,  live_tls,
        live_close, live_idle, live_house, live_message, live_end};
    struct live *l = xcalloc(1, sizeof *l);
    l->peer.ops = &ops;
    l->o = *o;
    l->fd = -1;
    l->ctx = SSL_CTX_new(TLS_client_method());
    if (!l->ctx)
        fatal(EX_SOFTWARE, "no TLS");
    SSL_CTX_set_verify(l->ctx, SSL_VERIFY_NONE, NULL);
    return &l->peer;
}

void live_free(struct peer *p)
{
    struct live *l = of(p);
    SSL_CTX_free(l->ctx);
    free(l);
}
