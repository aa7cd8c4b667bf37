/*
 * Load for a policy server: asks about triplets over several connections, so
 * many requests under way on each, and prints the answers a second, and the
 * nanoseconds of its own processor time that each took: where that is more than
 * the server's, it is the load that is measured.
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
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
    unsigned lines;   /* of answers read */
    size_t len, sent; /* of what is to be sent */
    char out[PIPELINE * REQUEST];
} all[CONNECTIONS];

static unsigned long long next, triplets, answers;

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
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

/* What differs stands in fields of a fixed width, which are written over. */
static const char text[] =
    "request=smtpd_access_policy\nprotocol_state=RCPT\n"
    "protocol_name=ESMTP\nclient_address=AAA.BBB.CCC.25\n"
    "client_name=unknown\nclient_port=34567\n"
    "reverse_client_name=unknown\nserver_address=192.0.2.1\n"
    "server_port=25\nhelo_name=mail.example.com\n"
    "sender=person.SSSSSSSSSSSS@example.com\nrecipient=user@example.org\n"
    "recipient_count=0\nqueue_id=\ninstance=IIIIIIIIIIII.5f3a.2.0\nsize=4321\n"
    "etrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\n"
    "ccert_subject=\nccert_issuer=\nccert_fingerprint=\n"
    "ccert_pubkey_fingerprint=\nencryption_protocol=TLSv1.3\n"
    "encryption_cipher=TLS_AES_256_GCM_SHA384\nencryption_keysize=256\n"
    "policy_context=\ncompatibility_level=3.6\nmail_version=3.7.11\n\n";
static size_t at_address, at_sender, at_instance;

static void find_fields(void)
{
    at_address = (size_t)(strstr(text, "AAA.") - text);
    at_sender = (size_t)(strstr(text, "SSSS") - text);
    at_instance = (size_t)(strstr(text, "IIII") - text);
}

/* Letters, since a sender's digits are left out of its normal form. */
static void put_number(char *out, unsigned long long i)
{
    for (int k = 11; k >= 0; k--, i >>= 4)
        out[k] = (char)('a' + (i & 15));
}

/* Always three digits: 100 to 227. */
static void put_octet(char *out, unsigned n)
{
    n = 100 + n % 128;
    out[0] = (char)('0' + n / 100);
    out[1] = (char)('0' + n / 10 % 10);
    out[2] = (char)('0' + n % 10);
}

static size_t request(char *out, unsigned long long i)
{
    unsigned net;

    if (triplets > 0)
        i %= triplets;
    net = (unsigned)i * 0x9e3779b1u; /* each in a network of its own */
    memcpy(out, text, sizeof(text) - 1);
    put_octet(out + at_address, net >> 25);
    put_octet(out + at_address + 4, net >> 18);
    put_octet(out + at_address + 8, net >> 11);
    put_number(out + at_sender, i ^ 0xa5a5a5);
    put_number(out + at_instance, i);
    return sizeof(text) - 1;
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
    if (n < 0)
        return;
    /* An answer is a line and an empty line. */
    for (const char *p = in; (p = memchr(p, '\n', (size_t)(in + n - p))); p++)
        if (++c->lines % 2 == 0) {
            answers++;
            c->waiting--;
        }
}

static void run(double end, int n, unsigned pipeline)
{
    struct epoll_event ready[CONNECTIONS];
    int loop = epoll_create1(0);

    for (int i = 0; i < n; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};

        if (epoll_ctl(loop, EPOLL_CTL_ADD, all[i].fd, &e) != 0)
            err(1, "epoll");
        fill(&all[i], pipeline);
    }
    while (seconds(CLOCK_MONOTONIC) < end) {
        int some = epoll_wait(loop, ready, CONNECTIONS, 1000);

        for (int i = 0; i < some; i++) {
            take(ready[i].data.ptr);
            fill(ready[i].data.ptr, pipeline);
        }
    }
}

int main(int argc, char **argv)
{
    int n = argc > 5 ? atoi(argv[3]) : 0;
    unsigned pipeline = argc > 5 ? (unsigned)atoi(argv[4]) : 0;
    double start;

    if (n < 1 || n > CONNECTIONS || pipeline < 1 || pipeline > PIPELINE)
        errx(2, "usage: policy_load address seconds connections pipeline "
                "triplets [first]");
    triplets = strtoull(argv[5], NULL, 10);
    next = argc > 6 ? strtoull(argv[6], NULL, 10) : 0;
    find_fields();
    for (int i = 0; i < n; i++)
        all[i].fd = dial(argv[1]);
    start = seconds(CLOCK_MONOTONIC);
    run(start + atof(argv[2]), n, pipeline);
    printf("%.0f %.0f\n", (double)answers / (seconds(CLOCK_MONOTONIC) - start),
           answers > 0
               ? seconds(CLOCK_PROCESS_CPUTIME_ID) * 1e9 / (double)answers
               : 0);
    return 0;
}
