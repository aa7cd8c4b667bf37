/*
 * Searches for mail exchangers, each joined to its DNS questions.
 *
 * DNS questions cannot be taken back, so a search may outlive its answer; it
 * counts against EXCHANGERS_MAX until its last question has ended.
 *
 * A domain in other letters is asked for by its A-labels (RFC 5891); one that
 * cannot be written so does not exist.
 */
#include "resolver/exchangers.h"

#include "lib/log.h"
#include "resolver/dns.h"
#include "resolver/mx.h"

#include <arpa/nameser.h>
#include <event2/event.h>
#include <idn2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sysexits.h>

#define NAMES_ANSWERED 64 /* rows of MX_FOUND */

struct search {
    LIST_ENTRY(search) link;
    struct exchangers *exchangers;
    uint64_t id;
    struct mx_ours ours;
    struct mx_search mx;
    struct event *bound;
    bool told, busy;
    unsigned under_way; /* DNS questions */
    struct asked {
        struct search *search;
        size_t host;
        unsigned family;
    } asked[2 * MX_HOSTS];
};

struct exchangers {
    struct event_base *base;
    struct dns *dns;
    struct chan *to; /* who waits */
    size_t n, waiting;
    LIST_HEAD(searches, search) searches;
};

struct exchangers *exchangers_new(struct event_base *base, struct dns *dns)
{
    struct exchangers *x = xcalloc(1, sizeof(*x));

    x->base = base;
    x->dns = dns;
    LIST_INIT(&x->searches);
    return x;
}

size_t exchangers_waiting(const struct exchangers *x)
{
    return x->waiting;
}

void exchangers_forget(struct exchangers *x)
{
    struct search *s;

    x->waiting = 0;
    for (s = LIST_FIRST(&x->searches); s != NULL; s = LIST_NEXT(s, link))
        s->told = true;
}

/* The rows of the answer: each host's addresses, the best host first. */
static unsigned put_rows(struct msg_out *o, const struct mx_search *m)
{
    struct netaddr a;
    unsigned n = 0;

    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; n < NAMES_ANSWERED && mx_pick(&m->hosts[i], j, &a);
             j++) {
            msg_put_str(o, m->hosts[i].name);
            msg_put_u32(o, m->hosts[i].preference);
            msg_put_u32(o, a.family);
            msg_put_mem(o, a.octets, a.family == 4 ? 4 : 16);
            n++;
        }
    return n;
}

static void answer(struct chan *to, uint64_t id, enum mx verdict,
                   unsigned ttl_sec, const struct mx_search *m)
{
    static struct msg_out out, rows;
    unsigned n;

    msg_reset(&rows);
    n = m != NULL && verdict == MX_FOUND ? put_rows(&rows, m) : 0;
    msg_reset(&out);
    msg_put_u32(&out, verdict);
    msg_put_u32(&out, ttl_sec);
    msg_put_u32(&out, n);
    msg_put_mem(&out, rows.data, rows.len);
    chan_send(to, MSG_MX_FOUND, id, &out, -1);
}

static void settle(struct search *s)
{
    unsigned ttl_sec;
    enum mx verdict = mx_verdict(&s->mx, &ttl_sec);

    event_del(s->bound);
    if (s->told)
        return;
    s->told = true;
    s->exchangers->waiting--;
    answer(s->exchangers->to, s->id, verdict, ttl_sec, &s->mx);
}

static void on_bound(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    settle(arg);
}

static void search_free(struct search *s)
{
    LIST_REMOVE(s, link);
    s->exchangers->n--;
    event_free(s->bound);
    free(s);
}

static void on_exchangers(const struct answer *a, void *arg);
static void on_addresses(const struct answer *a, void *arg);

/* Asks what is next until something must be waited for; may free s. */
static void advance(struct search *s)
{
    struct mx_question q;
    enum mx_next next;

    if (s->busy) /* an answer came at once: the loop below goes on with it */
        return;
    s->busy = true;
    while ((next = mx_next(&s->mx, &q)) < MX_WAIT) {
        s->under_way++;
        if (next == MX_ASK_MX) {
            dns_ask(s->exchangers->dns, q.name, ns_t_mx, on_exchangers, s);
        } else {
            struct asked *asked = &s->asked[2 * q.host + (q.family == 6)];

            *asked = (struct asked){s, q.host, q.family};
            dns_ask(s->exchangers->dns, q.name,
                    q.family == 4 ? ns_t_a : ns_t_aaaa, on_addresses, asked);
        }
    }
    s->busy = false;
    if (next == MX_DONE)
        settle(s);
    if (s->under_way == 0)
        search_free(s);
}

static void on_exchangers(const struct answer *a, void *arg)
{
    struct search *s = arg;
    char name[ANSWER_NAME];

    s->under_way--;
    for (size_t i = 0; i < a->n; i++)
        if (a->records[i].len > 2 && answer_name(a, &a->records[i], 2, name))
            mx_record(&s->mx, ns_get16(a->records[i].data), name);
    mx_records_end(&s->mx, a->status, a->ttl_sec);
    advance(s);
}

static void on_addresses(const struct answer *a, void *arg)
{
    const struct asked *asked = arg;
    struct search *s = asked->search;
    struct netaddr found = {.family = (uint8_t)asked->family};
    size_t len = found.family == 4 ? 4 : 16;

    s->under_way--;
    for (size_t i = 0; i < a->n; i++) {
        if (a->records[i].len != len)
            continue;
        memcpy(found.octets, a->records[i].data, len);
        mx_address(&s->mx, asked->host, &found);
    }
    mx_addresses_end(&s->mx, asked->host, asked->family, a->status, a->ttl_sec);
    advance(s);
}

static bool is_ascii(const char *s)
{
    while (*s != '\0' && (unsigned char)*s < 0x80)
        s++;
    return *s == '\0';
}

/* As DNS knows it; "" when it cannot be a domain. */
static void to_ascii(const char *domain, char out[ADDRESS_DOMAIN + 1])
{
    char *ascii = NULL;

    out[0] = '\0';
    if (is_ascii(domain)) {
        strcpy(out, domain);
    } else if (idn2_to_ascii_8z(domain, &ascii,
                                IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) ==
                   IDN2_OK &&
               strlen(ascii) <= ADDRESS_DOMAIN) {
        strcpy(out, ascii);
    }
    idn2_free(ascii);
}

static bool read_ours(struct msg_in *in, struct mx_ours *ours)
{
    uint32_t n;

    msg_get_u32(in, &n);
    if (n > MX_OURS)
        return false;
    for (ours->n = 0; ours->n < n && !in->failed; ours->n++) {
        char *name = ours->v[ours->n].name;

        msg_get_str(in, name, sizeof(ours->v[ours->n].name));
        if (netaddr_parse(name, &ours->v[ours->n].address))
            name[0] = '\0';
        for (char *c = name; *c != '\0'; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c - 'A' + 'a');
    }
    return msg_done(in);
}

static void begin(struct exchangers *x, struct search *s, const char *domain)
{
    struct timeval tv = {.tv_sec = EXCHANGERS_SEC};
    uint64_t chance;

    if (getentropy(&chance, sizeof(chance)) != 0)
        fatal(EX_OSERR, "no random number");
    s->exchangers = x;
    mx_init(&s->mx, domain, &s->ours, chance);
    s->bound = evtimer_new(x->base, on_bound, s);
    if (s->bound == NULL || event_add(s->bound, &tv) != 0)
        fatal(EX_OSERR, "no timer");
    LIST_INSERT_HEAD(&x->searches, s, link);
    x->n++;
    x->waiting++;
    advance(s);
}

bool exchangers_ask(struct exchangers *x, struct chan *from, struct msg *m)
{
    char text[ADDRESS_DOMAIN + 1], domain[ADDRESS_DOMAIN + 1];
    struct search *s;

    if (x->n == EXCHANGERS_MAX) {
        answer(from, m->id, MX_UNKNOWN, MX_UNKNOWN_SEC, NULL);
        return true;
    }
    s = xcalloc(1, sizeof(*s));
    s->id = m->id;
    if (!msg_get_str(&m->in, text, sizeof(text)) ||
        !read_ours(&m->in, &s->ours)) {
        free(s);
        return false;
    }
    x->to = from;
    to_ascii(text, domain);
    begin(x, s, domain);
    return true;
}
