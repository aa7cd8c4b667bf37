/*
 * Lost mail that was probably wanted, see senders.h.
 *
 * Points for what a mail server does and a bot does not: it comes back, it
 * has a verified name, it sends for the domain of that name, and other mail
 * from there was let through because it came back.  Points against: a null
 * sender (reports, and probes of an address), a client that calls itself by
 * no host name, and one that writes in the name of ever other domains.  The
 * sum orders the list; what has few points is taken for a bot.
 *
 * A message is left out when a later one of the same two passed, or when its
 * client is free by now: nothing is left to be done.
 */
#include "ctl/senders.h"

#include "greylist/dialup.h"
#include "greylist/suffix.h"
#include "lib/address.h"
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define DISGUISES 4 /* senders' domains of a client, each used once */

struct search {
    struct senders *s;
    struct place *earned; /* who wrote what passed, sorted by key */
    size_t nearned;
};

static const struct points {
    enum why why;
    int points;
} points[] = {{WHY_EARLY, 3},     {WHY_ELSEWHERE, 3}, {WHY_OTHER_SENDER, 3},
              {WHY_LATE, 3},      {WHY_VERIFIED, 3},  {WHY_OWN_DOMAIN, 2},
              {WHY_CLIENT, 3},    {WHY_SENDER, 2},    {WHY_DOMAIN, 1},
              {WHY_RECIPIENT, 1}, {WHY_SEVERAL, 1},   {WHY_HELO, 1}};

#define POINTS_NULL     (-3)
#define POINTS_NO_NAME  (-3)
#define POINTS_DISGUISE (-2)

static uint64_t both(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/*
 * Senders, their domains, and domains with recipients, of what passed because
 * it came back.
 */
static void survey_earned(struct search *f)
{
    struct senders *s = f->s;

    f->earned = xcalloc(3 * (size_t)s->nmessages, sizeof(*f->earned));
    for (uint32_t i = 0; i < s->nmessages; i++) {
        const struct message *m = &s->messages[i];
        const struct tried *t = senders_try(s, m, m->n - 1);
        uint32_t domain;

        if (!t->passed || t->normal == s->null ||
            (t->decision != DECISION_RETURNED && t->decision != DECISION_KNOWN))
            continue;
        domain = senders_domain(s, t->normal);
        f->earned[f->nearned++].key = both(t->normal, 0);
        f->earned[f->nearned++].key = both(domain, 0);
        f->earned[f->nearned++].key = both(domain, t->recipient);
    }
    senders_sort(f->earned, f->nearned);
}

static int by_key(const void *a, const void *b)
{
    const uint64_t *x = a;
    const struct place *y = b;

    return (*x > y->key) - (*x < y->key);
}

static bool is_earned(const struct search *f, uint64_t key)
{
    return bsearch(&key, f->earned, f->nearned, sizeof(*f->earned), by_key) !=
           NULL;
}

/* A host name, below some domain, and no dial-up line's. */
static bool is_host(const struct senders *s, const struct tried *t)
{
    const char *helo = senders_text(s, t->helo);
    struct netaddr a;

    return netaddr_parse(senders_text(s, t->address), &a) &&
           address_is_hostname(helo, strlen(helo)) &&
           suffix_registered(helo) != NULL && !dialup_holds_address(&a, helo) &&
           !dialup_says_so(&a, helo);
}

/* The same client, or machines that call themselves by the same domain. */
static bool is_related(const struct senders *s, const struct tried *a,
                       const struct tried *b)
{
    const char *x = suffix_registered(senders_text(s, a->helo)),
               *y = suffix_registered(senders_text(s, b->helo));

    return a->identity == b->identity || a->helo == b->helo ||
           (x != NULL && y != NULL && strcasecmp(x, y) == 0);
}

/* How it came back, if it did as a mail server would. */
static unsigned how_lost(const struct senders *s, const struct message *m)
{
    const struct tried *first = senders_try(s, m, 0), *t = first;
    bool other_client = false, other_sender = false;
    uint32_t span = 0;

    for (uint32_t i = 1; i < m->n; i++) {
        t = senders_try(s, m, i);
        if (!is_related(s, first, t))
            return WHY_NEVER;
        other_client |= t->identity != first->identity;
        other_sender |= t->normal != first->normal;
        span = t->time - first->time;
    }
    if (span < VERDICT_SOONEST)
        return WHY_NEVER;
    if (other_client)
        return WHY_ELSEWHERE;
    if (other_sender)
        return WHY_OTHER_SENDER;
    return t->decision == DECISION_EARLY ? WHY_EARLY : WHY_LATE;
}

static unsigned who_is_it(const struct search *f, const struct client *c,
                          const struct message *m)
{
    struct senders *s = f->s;
    const struct tried *t = senders_try(s, m, 0);
    const char *identity = senders_text(s, c->identity);
    uint32_t domain = senders_domain(s, t->normal);
    bool named = senders_is_name(identity);
    unsigned why = named ? WHY_VERIFIED : 0;

    if (c->earned > 0)
        why |= WHY_CLIENT;
    if (t->normal == s->null)
        return why;
    if (named && strcmp(senders_text(s, domain), identity) == 0)
        why |= WHY_OWN_DOMAIN;
    if (is_earned(f, both(t->normal, 0)))
        why |= WHY_SENDER;
    else if (is_earned(f, both(domain, 0)))
        why |= WHY_DOMAIN;
    if (is_earned(f, both(domain, t->recipient)))
        why |= WHY_RECIPIENT;
    return why;
}

/* What all lost messages of a client have in common. */
struct losses {
    uint32_t messages, recipients, domains;
};

static struct losses survey_losses(struct senders *s, const struct client *c)
{
    struct losses out = {0};
    struct place *p;
    size_t n = 0;

    if (c->count[MESSAGE_LOST] == 1)
        return (struct losses){1, 1, 1};
    p = xcalloc(2 * (size_t)c->n, sizeof(*p));
    for (uint32_t i = 0; i < c->n; i++) {
        const struct message *m = &s->messages[c->first + i];
        const struct tried *t = senders_try(s, m, 0);

        if (m->old || m->state != MESSAGE_LOST)
            continue;
        out.messages++;
        p[n++].key = both(1, t->recipient);
        p[n++].key = both(2, senders_domain(s, t->normal));
    }
    senders_sort(p, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || p[i].key != p[i - 1].key)
            *(p[i].key >> 32 == 1 ? &out.recipients : &out.domains) += 1;
    free(p);
    return out;
}

static int score(const struct senders *s, const struct client *c,
                 const struct losses *all, const struct message *m,
                 unsigned why)
{
    int sum = 0;

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        if (why & points[i].why)
            sum += points[i].points;
    if (senders_try(s, m, 0)->normal == s->null)
        sum += POINTS_NULL;
    if (!(why & (WHY_VERIFIED | WHY_HELO)))
        sum += POINTS_NO_NAME;
    if (c->earned == 0 && all->domains >= DISGUISES &&
        all->domains == all->messages)
        sum += POINTS_DISGUISE;
    return sum;
}

/* The message of the client that tells most. False if it is no mail server. */
static bool find_best(const struct search *f, const struct client *c,
                      struct lost *out)
{
    struct senders *s = f->s;
    struct losses all = survey_losses(s, c);

    *out = (struct lost){.score = LOST_POSSIBLE - 1,
                         .messages = all.messages,
                         .recipients = all.recipients};
    for (uint32_t i = 0; i < c->n; i++) {
        const struct message *m = &s->messages[c->first + i];
        unsigned why;
        int sum;

        if (m->old || m->state != MESSAGE_LOST || m->resolved)
            continue;
        why = how_lost(s, m) | who_is_it(f, c, m);
        if (all.recipients > 1)
            why |= WHY_SEVERAL;
        /* The name that it gives is looked at only if that can matter. */
        if (!(why & WHY_VERIFIED) &&
            score(s, c, &all, m, why | WHY_HELO) > out->score &&
            is_host(s, senders_try(s, m, 0)))
            why |= WHY_HELO;
        sum = score(s, c, &all, m, why);
        if (sum > out->score) {
            out->score = sum;
            out->why = why;
            out->message = c->first + i;
        }
    }
    return out->score >= LOST_POSSIBLE;
}

static int by_score(const void *a, const void *b)
{
    const struct lost *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->client > y->client) - (x->client < y->client);
}

void senders_find_lost(struct senders *s)
{
    struct search f = {.s = s};
    size_t room = 0;

    survey_earned(&f);
    for (uint32_t i = 0; i < s->nclients; i++) {
        struct client *c = &s->clients[i];
        struct lost l;

        if (c->count[MESSAGE_LOST] == 0 || !find_best(&f, c, &l) ||
            senders_is_free(s, c->identity))
            continue;
        c->wanted = true;
        l.client = i;
        if (s->nlost == room) {
            room += room + 16;
            s->lost = xrealloc(s->lost, room, sizeof(*s->lost));
        }
        s->lost[s->nlost++] = l;
    }
    if (s->nlost > 0)
        qsort(s->lost, s->nlost, sizeof(*s->lost), by_score);
    free(f.earned);
}
