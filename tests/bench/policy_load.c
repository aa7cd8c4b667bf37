/*
 * Load for a policy server: asks about triplets over several connections, so
 * many requests under way on each, and prints the answers a second.
 *
 *   policy_load ADDRESS SECONDS CONNECTIONS PIPELINE TRIPLETS [FIRST]
 *
 * ADDRESS is HOST:PORT (numbers) or a socket's path.  With TRIPLETS 0 every
 * request is of a stranger, numbered from FIRST; otherwise the same TRIPLETS
 * come again and again.  Requests have the attributes that Postfix sends.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 256
#define PIPELINE    64
#define REQUEST     1024

static struct connection {
    int fd;
    unsigned waiting; /* requests sent, not yet answered */
    char before;      /* the octet before the next one read */
    size_t len, sent; /* of what is to be sent */
    char out[PIPELINE * REQUEST];
} all[CONNECTIONS];

static unsigned long long next, triplets, answers, deferred;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int dial(const char *address)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct sockaddr_in sin = {.sin_family = AF_INET};
    const char *colon = strrchr(address, ':');
    char host[64];
    int fd;

    if (address[0] == '/') {
        snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", address);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0)
            err(1, "%s", address);
        return fd;
    }
    if (colon == NULL)
        errx(2, "%s: no port", address);
    snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
    sin.sin_port = htons((unsigned short)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &sin.sin_addr) != 1)
        errx(2, "%s: no address", host);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0)
        err(1, "%s", address);
    return fd;
}

static size_t request(char *out, unsigned long long i)
{
    unsigned net;

    if (triplets > 0)
        i %= triplets;
    net = (unsigned)i * 0x9e3779b1u; /* each in a network of its own */
    return (size_t)snprintf(
        out, REQUEST,
        "request=smtpd_access_policy\nprotocol_state=RCPT\n"
        "protocol_name=ESMTP\nclient_address=%u.%u.%u.25\n"
        "client_name=unknown\nclient_port=34567\n"
        "reverse_client_name=unknown\nserver_address=192.0.2.1\n"
        "server_port=25\nhelo_name=mail.example.com\n"
        "sender=person.%llx@example.com\nrecipient=user@example.org\n"
        "recipient_count=0\nqueue_id=\ninstance=%llx.5f3a.2.0\nsize=4321\n"
        "etrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\n"
        "ccert_subject=\nccert_issuer=\nccert_fingerprint=\n"
        "ccert_pubkey_fingerprint=\nencryption_protocol=TLSv1.3\n"
        "encryption_cipher=TLS_AES_256_GCM_SHA384\nencryption_keysize=256\n"
        "policy_context=\ncompatibility_level=3.6\nmail_version=3.7.11\n\n",
        11 + (net >> 24) % 200, net >> 16 & 255, net >> 8 & 255, i ^ 0xa5a5a5,
        i);
}

static void fill(struct connection *c, unsigned pipeline)
{
    ssize_t n;

    while (c->waiting < pipeline && c->len + REQUEST < sizeof(c->out)) {
        c->len += request(c->out + c->len, next++);
        c->waiting++;
    }
    if (c->sent == c->len)
        return;
    n = send(c->fd, c->out + c->sent, c->len - c->sent, MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN)
        err(1, "send");
    c->sent += n > 0 ? (size_t)n : 0;
    if (c->sent == c->len)
        c->sent = c->len = 0;
}

static void take(struct connection *c)
{
    static char in[65536];
    ssize_t n = recv(c->fd, in, sizeof(in), MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN))
        err(1, "the server closed");
    for (ssize_t i = 0; i < n; i++) {
        if (c->before == '\n' && in[i] == '\n') {
            answers++;
            c->waiting--;
        } else if (c->before == '=' && in[i] != 'D' && in[i] != 'P') {
            deferred++; /* a reply code */
        }
        c->before = in[i];
    }
}

int main(int argc, char **argv)
{
    struct pollfd polled[CONNECTIONS];
    int n = argc > 5 ? atoi(argv[3]) : 0;
    unsigned pipeline = argc > 5 ? (unsigned)atoi(argv[4]) : 0;
    double start, end;

    if (n < 1 || n > CONNECTIONS || pipeline < 1 || pipeline > PIPELINE)
        errx(2, "usage: policy_load address seconds connections pipeline "
                "triplets [first]");
    triplets = strtoull(argv[5], NULL, 10);
    next = argc > 6 ? strtoull(argv[6], NULL, 10) : 0;
    for (int i = 0; i < n; i++)
        polled[i].fd = all[i].fd = dial(argv[1]);
    start = now();
    end = start + atof(argv[2]);
    while (now() < end) {
        for (int i = 0; i < n; i++) {
            fill(&all[i], pipeline);
            polled[i].events = (short)(POLLIN | (all[i].len > 0 ? POLLOUT : 0));
        }
        if (poll(polled, (nfds_t)n, 1000) < 0)
            err(1, "poll");
        for (int i = 0; i < n; i++)
            if (polled[i].revents & (POLLIN | POLLHUP | POLLERR))
                take(&all[i]);
    }
    printf("%.0f\n", (double)answers / (now() - start));
    return 0;
}
