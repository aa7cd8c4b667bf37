/*
 * The decision where a domain's mail goes.
 *
 * A null MX counts only alone (RFC 7505 §3).  Names that no host can have are
 * passed over, as are hosts without an address; but while an answer is only
 * missing, nothing permanent is said: that a domain takes no mail is for its
 * own name servers to say, and bounces what waits.
 */
#include "resolver/mx.h"

#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <string.h>

/* Lower case without a final dot; false when no host can have that name. */
static bool clean(const char *name, char out[ADDRESS_DOMAIN + 1])
{
    size_t len = strlen(name);

    if (len > 0 && name[len - 1] == '.')
        len--;
    if (!address_is_hostname(name, len))
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)tolower((unsigned char)name[i]);
    out[len] = '\0';
    return true;
}

void mx_init(struct mx_search *m, const char *domain,
             const struct mx_ours *ours, uint64_t chance)
{
    memset(m, 0, sizeof(*m));
    m->ours = ours;
    m->chance = chance;
    m->ttl_sec = UINT_MAX;
    if (!clean(domain, m->domain))
        m->asked = m->answered = true; /* nobody can be asked: no such name */
    m->status = ANSWER_NONE;
}

/* splitmix64: enough to share out mail between equals. */
static uint64_t draw(struct mx_search *m)
{
    uint64_t z = m->chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool before(const struct mx_host *a, const struct mx_host *b)
{
    return a->preference != b->preference ? a->preference < b->preference
                                          : a->lot < b->lot;
}

/* Into its place; the worst falls out when there are too many. */
static void insert(struct mx_search *m, const struct mx_host *h)
{
    size_t at = m->n;

    while (at > 0 && before(h, &m->hosts[at - 1]))
        at--;
    if (at == MX_HOSTS)
        return;
    if (m->n < MX_HOSTS)
        m->n++;
    memmove(&m->hosts[at + 1], &m->hosts[at],
            (m->n - 1 - at) * sizeof(m->hosts[0]));
    m->hosts[at] = *h;
}

static void add_host(struct mx_search *m, unsigned preference, const char *name)
{
    struct mx_host h = {.preference = preference, .lot = draw(m)};

    strcpy(h.name, name);
    for (size_t i = 0; i < m->n; i++) {
        if (strcmp(m->hosts[i].name, name) != 0)
            continue;
        if (m->hosts[i].preference <= preference)
            return;
        memmove(&m->hosts[i], &m->hosts[i + 1],
                (--m->n - i) * sizeof(m->hosts[0]));
        break;
    }
    insert(m, &h);
}

void mx_record(struct mx_search *m, unsigned preference, const char *name)
{
    char host[ADDRESS_DOMAIN + 1];

    assert(!m->answered);
    m->records++;
    m->null |= name[0] == '\0' || strcmp(name, ".") == 0;
    if (clean(name, host))
        add_host(m, preference, host);
}

/* Leaves out that host, and all that are not better. */
static void cut(struct mx_search *m, unsigned preference)
{
    while (m->n > 0 && m->hosts[m->n - 1].preference >= preference)
        m->n--;
    m->self = m->n == 0;
}

static bool is_our_name(const struct mx_ours *ours, const char *name)
{
    for (size_t i = 0; i < ours->n; i++)
        if (ours->v[i].name[0] != '\0' && strcmp(ours->v[i].name, name) == 0)
            return true;
    return false;
}

static bool is_our_address(const struct mx_ours *ours, const struct netaddr *a)
{
    for (size_t i = 0; i < ours->n; i++)
        if (ours->v[i].name[0] == '\0' && netaddr_equal(&ours->v[i].address, a))
            return true;
    return false;
}

static void lower_ttl(struct mx_search *m, unsigned ttl_sec)
{
    if (ttl_sec < m->ttl_sec)
        m->ttl_sec = ttl_sec;
}

void mx_records_end(struct mx_search *m, enum answer_status s, unsigned ttl_sec)
{
    m->answered = true;
    m->status = s;
    lower_ttl(m, ttl_sec);
    m->null &= m->records == 1 && s == ANSWER_OK;
    if (s != ANSWER_OK)
        m->n = 0;
    if (s == ANSWER_NONE)
        add_host(m, 0, m->domain);
    for (size_t i = 0; i < m->n; i++)
        if (is_our_name(m->ours, m->hosts[i].name))
            cut(m, m->hosts[i].preference);
}

static bool all_answered(const struct mx_search *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (!m->hosts[i].of[0].answered || !m->hosts[i].of[1].answered)
            return false;
    return m->answered;
}

enum mx_next mx_next(struct mx_search *m, struct mx_question *q)
{
    if (!m->asked) {
        m->asked = true;
        strcpy(q->name, m->domain);
        return MX_ASK_MX;
    }
    if (all_answered(m))
        return MX_DONE;
    for (size_t i = 0; m->answered && i < 2 * m->n; i++) {
        struct mx_addresses *a = &m->hosts[i / 2].of[i % 2];

        if (a->asked)
            continue;
        a->asked = true;
        strcpy(q->name, m->hosts[i / 2].name);
        q->host = i / 2;
        q->family = i % 2 == 0 ? 4 : 6;
        return MX_ASK_ADDRESS;
    }
    return MX_WAIT;
}

void mx_address(struct mx_search *m, size_t host, const struct netaddr *a)
{
    struct mx_addresses *of = &m->hosts[host].of[a->family == 6];
    size_t at;

    assert(host < MX_HOSTS && !of->answered);
    if (of->n == MX_ADDRESSES)
        return;
    /* Shuffled as they come (Fisher-Yates, inside out). */
    at = (size_t)(draw(m) % ++of->n);
    of->v[of->n - 1] = of->v[at];
    of->v[at] = *a;
}

void mx_addresses_end(struct mx_search *m, size_t host, unsigned family,
                      enum answer_status s, unsigned ttl_sec)
{
    struct mx_addresses *of = &m->hosts[host].of[family == 6];

    assert(host < MX_HOSTS && !of->answered);
    of->answered = true;
    of->status = s;
    if (s == ANSWER_OK) /* that a family is missing changes nothing */
        lower_ttl(m, ttl_sec);
    else
        of->n = 0;
}

/* Hosts that have one of our addresses are ours, under whatever name. */
static void cut_addresses(struct mx_search *m)
{
    struct netaddr a;

    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; mx_pick(&m->hosts[i], j, &a); j++)
            if (i < m->n && is_our_address(m->ours, &a))
                cut(m, m->hosts[i].preference);
}

static enum mx judge(struct mx_search *m)
{
    enum mx verdict = MX_NONE;
    struct netaddr a;

    if (!m->answered || m->status == ANSWER_FAILED)
        return MX_UNKNOWN;
    if (m->null)
        return MX_NULL;
    cut_addresses(m);
    if (m->self)
        return MX_SELF;
    for (size_t i = 0; i < m->n; i++) {
        if (mx_pick(&m->hosts[i], 0, &a))
            return MX_FOUND;
        for (size_t f = 0; f < 2; f++)
            if (!m->hosts[i].of[f].answered ||
                m->hosts[i].of[f].status == ANSWER_FAILED)
                verdict = MX_UNKNOWN;
    }
    return verdict;
}

enum mx mx_verdict(struct mx_search *m, unsigned *ttl_sec)
{
    enum mx verdict = judge(m);
    unsigned max = verdict == MX_FOUND || verdict == MX_NULL ? MX_MAX_SEC
                                                             : MX_NEGATIVE_SEC;

    *ttl_sec = m->ttl_sec < MX_MIN_SEC ? MX_MIN_SEC
               : m->ttl_sec > max      ? max
                                       : m->ttl_sec;
    if (verdict == MX_UNKNOWN)
        *ttl_sec = MX_UNKNOWN_SEC;
    return verdict;
}

bool mx_pick(const struct mx_host *h, size_t i, struct netaddr *out)
{
    size_t n4 = h->of[0].n, n6 = h->of[1].n;
    size_t both = 2 * (n4 < n6 ? n4 : n6);

    if (i >= n4 + n6)
        return false;
    if (i < both)
        *out = h->of[i % 2 == 0].v[i / 2];
    else
        *out = h->of[n6 > n4].v[i - both / 2];
    return true;
}
