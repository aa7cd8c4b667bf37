/*
 * Many senders at one receiver, see mix.h.
 *
 * All chance is spent when the senders are made, and each message has a seed
 * of its own; so what one of them meets changes nothing for the others, and
 * receivers are compared on the very same mail.  Attempts are made in the
 * order of their times (a heap), those of one second in the order of their
 * messages.
 *
 * A good sender writes one to five messages over the days, each to one of
 * its few correspondents; a robot sends as many within an hour, each to another
 * mailbox.
 */
#include "lab/mix.h"

#include "lab/fate.h"
#include "lib/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define EPOCH          1767571200 /* 2026-01-05 00:00 UTC */
#define DAY            86400u
#define MESSAGES       5  /* of a sender, at most */
#define CORRESPONDENTS 3  /* of a good sender */
#define MAILBOXES      50 /* at the receiver */

struct mix {
    const struct mix_settings *settings;
    struct profile **wanted, **spam;
    size_t nwanted, nspam;
    struct site *sites;
    struct message *messages;
    size_t nmessages;
    size_t *heap; /* of indexes into messages, the earliest first */
    size_t nheap;
};

static bool earlier(const struct mix *x, size_t a, size_t b)
{
    int64_t at_a = x->messages[a].next.at, at_b = x->messages[b].next.at;

    return at_a < at_b || (at_a == at_b && a < b);
}

static void swap(struct mix *x, size_t i, size_t j)
{
    size_t t = x->heap[i];

    x->heap[i] = x->heap[j];
    x->heap[j] = t;
}

static void sink(struct mix *x, size_t i)
{
    for (;;) {
        size_t least = i, child = 2 * i + 1;

        for (size_t c = child; c < child + 2 && c < x->nheap; c++)
            if (earlier(x, x->heap[c], x->heap[least]))
                least = c;
        if (least == i)
            return;
        swap(x, i, least);
        i = least;
    }
}

static void sort_profiles(struct mix *x, struct profile *const *profiles,
                          size_t n)
{
    x->wanted = xcalloc(n + 1, sizeof(struct profile *));
    x->spam = xcalloc(n + 1, sizeof(struct profile *));
    for (size_t i = 0; i < n; i++) {
        if (profiles[i]->weight == 0)
            continue;
        if (profiles[i]->mail == MAIL_WANTED)
            x->wanted[x->nwanted++] = profiles[i];
        else if (profiles[i]->mail == MAIL_SPAM)
            x->spam[x->nspam++] = profiles[i];
    }
}

/* One of them by chance, each as likely as it weighs. */
static const struct profile *choose(struct profile **of, size_t n,
                                    uint64_t chance)
{
    uint64_t all = 0;
    size_t i = 0;

    for (size_t k = 0; k < n; k++)
        all += of[k]->weight;
    assert(all > 0);
    for (chance %= all; chance >= of[i]->weight; i++)
        chance -= of[i]->weight;
    return of[i];
}

static void add_message(struct mix *x, const struct site *site,
                        uint64_t *chance, uint64_t nth, int64_t begins)
{
    bool spam = site->profile->mail == MAIL_SPAM;
    uint64_t span = spam ? 3600 : (uint64_t)x->settings->days * DAY;
    int64_t at = begins + (int64_t)(sender_random(chance) % span);
    uint64_t who =
        site->number + (spam ? nth : sender_random(chance) % CORRESPONDENTS);
    char recipient[16];

    snprintf(recipient, sizeof(recipient), "user%u",
             (unsigned)(who % MAILBOXES));
    message_begin(&x->messages[x->nmessages], site, x->settings->mxs, recipient,
                  sender_random(chance), at);
    x->heap[x->nmessages] = x->nmessages;
    x->nmessages++;
}

static void make_senders(struct mix *x)
{
    const struct mix_settings *s = x->settings;
    uint64_t chance = s->seed;
    unsigned network = 0;

    for (unsigned i = 0; i < s->senders; i++) {
        struct site *site = &x->sites[i];
        bool spam = sender_random(&chance) % 100 < s->spam_percent;
        uint64_t kind = sender_random(&chance);
        uint64_t n = 1 + sender_random(&chance) % MESSAGES;
        int64_t begins = EPOCH;

        site->profile = spam ? choose(x->spam, x->nspam, kind)
                             : choose(x->wanted, x->nwanted, kind);
        site->number = i + 1;
        site->network = network;
        network += site_networks(site->profile);
        if (spam)
            begins += (int64_t)(sender_random(&chance) % (s->days * DAY));
        for (; n > 0; n--)
            add_message(x, site, &chance, n, begins);
    }
}

static void play(struct mix *x, struct receiver *r, struct mix_result *out)
{
    int64_t clock = 0;

    x->nheap = x->nmessages;
    for (size_t i = x->nheap; i-- > 0;)
        sink(x, i);
    while (x->nheap > 0) {
        struct message *m = &x->messages[x->heap[0]];

        assert(m->next.at >= clock);
        clock = m->next.at;
        out->attempts++;
        if (!message_step(m, r))
            x->heap[0] = x->heap[--x->nheap];
        sink(x, 0);
    }
}

static void count_wanted(struct mix_result *out, const struct message *m)
{
    out->wanted++;
    if (m->fate == FATE_DELIVERED)
        out->delay_sec[out->wanted_delivered++] =
            m->stored_at - m->sender.began;
    else if (m->fate == FATE_BOUNCED)
        out->wanted_bounced++;
    else
        out->wanted_lost++;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void count(const struct mix *x, struct mix_result *out)
{
    out->delay_sec = xcalloc(x->nmessages + 1, sizeof(*out->delay_sec));
    for (size_t i = 0; i < x->nmessages; i++) {
        const struct message *m = &x->messages[i];

        if (m->stored > 1)
            out->duplicates++;
        if (m->site->profile->mail == MAIL_WANTED) {
            count_wanted(out, m);
        } else {
            out->spam++;
            out->spam_stored += m->stored > 0;
        }
    }
    qsort(out->delay_sec, out->wanted_delivered, sizeof(*out->delay_sec),
          compare);
}

int mix_run(const struct mix_settings *m, struct profile *const *profiles,
            size_t nprofiles, struct receiver *r, struct mix_result *out)
{
    struct mix x = {.settings = m};
    size_t most = (size_t)m->senders * MESSAGES;
    int rc = -1;

    *out = (struct mix_result){0};
    sort_profiles(&x, profiles, nprofiles);
    if ((x.nwanted == 0 && m->spam_percent < 100) ||
        (x.nspam == 0 && m->spam_percent > 0))
        goto out;
    x.sites = xcalloc(m->senders, sizeof(*x.sites));
    x.messages = xcalloc(most, sizeof(*x.messages));
    x.heap = xcalloc(most, sizeof(*x.heap));
    receiver_forget(r);
    make_senders(&x);
    play(&x, r, out);
    count(&x, out);
    rc = 0;
out:
    free(x.heap);
    free(x.messages);
    free(x.sites);
    free(x.spam);
    free(x.wanted);
    return rc;
}

void mix_release(struct mix_result *r)
{
    free(r->delay_sec);
}

int64_t mix_percentile(const struct mix_result *r, double percent)
{
    size_t n = r->wanted_delivered, i;

    if (n == 0)
        return 0;
    i = (size_t)(percent / 100 * (double)n + 0.999999);
    return r->delay_sec[i == 0 ? 0 : (i > n ? n : i) - 1];
}

unsigned mix_within(const struct mix_result *r, int64_t sec)
{
    unsigned n = 0;

    while (n < r->wanted_delivered && r->delay_sec[n] <= sec)
        n++;
    return n;
}
