/*
 * Decisions, with everything around them, see decide.h.
 *
 * A decision reads what is known and writes what changed; neither waits for
 * the disk.  What fails lets mail through: greylisting must never be the
 * reason that mail is lost.  So when the transaction of a turn fails, whoever
 * was to wait because of it passes; that can still be said, since nobody has
 * his answer yet.
 */
#include "greylist/decide.h"

#include "greylist/remember.h"
#include "lib/log.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define QUESTIONS REMEMBER_MAX /* in one turn */

struct question {
    struct origin origin; /* its texts are below */
    int64_t now;
    struct netaddr client;
    char name[DECIDE_NAME];
    char helo[ADDRESS_DOMAIN + 1];
    char sender[ADDRESS_TEXT], recipient[ADDRESS_TEXT];
    struct judgement judgement;
};

struct turn {
    struct event *end;
    size_t n;
    struct question questions[QUESTIONS];
};

struct known {
    struct record record;
    struct client_record client;
    bool elsewhere; /* it stands under the client's network, not its name */
};

/*
 * What passed is kept under the client's network as well: when the name servers
 * fail the next time, it must not wait again.  Nothing was accepted under the
 * network, which tells this record from its own; a client with a name does
 * not need it, nor gets by it if it was forgotten by that name.
 */
static struct record shadow_of(const struct record *r)
{
    struct record shadow = *r;

    shadow.accepted = 0;
    if (shadow.refused == 0)
        shadow.refused = 1;
    return shadow;
}

static bool is_shadow(const struct record *r)
{
    return r->passed != 0 && r->accepted == 0 && r->refused > 0;
}

/*
 * What is known of the triplet.  A client whose name was not to be had the
 * last time is found by its network, and known by its name from now on.
 */
static int read_triplet(struct store *s, const struct judgement *j,
                        struct known *out)
{
    struct record other;

    if (store_read(s, j->identity, j->sender, j->recipient, &out->record,
                   NULL) != 0)
        return -1;
    if (out->record.passed != 0 || j->network[0] == '\0')
        return 0;
    if (store_read(s, j->network, j->sender, j->recipient, &other, NULL) != 0)
        return -1;
    out->elsewhere = other.passed != 0
                         ? !is_shadow(&other)
                         : other.first != 0 && out->record.first == 0;
    if (out->elsewhere)
        out->record = other;
    return 0;
}

/* And of the client, which for most regulars nobody needs to know. */
static int read_known(struct store *s, const struct policy *p,
                      const struct judgement *j, int64_t now, struct known *out)
{
    memset(out, 0, sizeof(*out));
    if (read_triplet(s, j, out) != 0)
        return -1;
    if (!policy_needs_client(p, &out->record, now))
        return 0;
    return store_read(s, j->identity, NULL, NULL, NULL, &out->client);
}

static int write_changes(struct store *s, const struct judgement *j,
                         bool elsewhere)
{
    const struct outcome *o = &j->outcome;
    bool record = o->record_changed || elsewhere;
    struct record shadow;

    if (!record && !o->client_changed)
        return 0;
    store_hold(s);
    if (store_write(s, j->identity, j->sender, j->recipient,
                    record ? &o->record : NULL,
                    o->client_changed ? &o->client : NULL) != 0)
        return -1;
    if (!record || !o->pass || j->network[0] == '\0')
        return 0;
    shadow = shadow_of(&o->record);
    return store_write(s, j->network, j->sender, j->recipient, &shadow, NULL);
}

/*
 * A record that cannot be written must not make anybody wait: the next
 * attempt would be a first one again.
 */
static void ask_store(struct decider *d, const struct rcpt *a, int64_t now,
                      struct judgement *out)
{
    struct store *s = memory_store(d->memory);
    struct known known;

    if (s == NULL ||
        read_known(s, &d->settings->policy, out, now, &known) != 0) {
        judge_without_store(out);
        return;
    }
    judge_finish(d->settings, a, &known.record, &known.client, now, out);
    if (write_changes(s, out, known.elsewhere) != 0 && !out->outcome.pass)
        judge_without_store(out);
}

/* A copy, cut where it must be. */
static const char *copy(const char *text, char *out, size_t size)
{
    size_t len = strnlen(text, size - 1);

    memcpy(out, text, len);
    out[len] = '\0';
    return out;
}

/* Keeps what the end of the turn needs of it. */
static void keep(struct question *q, const struct rcpt *a,
                 const struct origin *o)
{
    q->origin = *o;
    q->client = a->client;
    q->origin.name = copy(o->name, q->name, sizeof(q->name));
    q->origin.helo = copy(o->helo, q->helo, sizeof(q->helo));
    address_text(a->sender, q->sender, sizeof(q->sender));
    address_text(a->recipient, q->recipient, sizeof(q->recipient));
}

void decide(struct decider *d, const struct rcpt *a, const struct origin *o)
{
    struct turn *t = d->turn;
    struct question *q;

    if (t->n == QUESTIONS)
        decide_finish(d);
    if (t->n == 0)
        event_active(t->end, EV_TIMEOUT, 0);
    q = &t->questions[t->n++];
    q->now = time(NULL);
    keep(q, a, o);
    if (judge_begin(d->settings, a, &q->judgement))
        ask_store(d, a, q->now, &q->judgement);
}

/* The transaction failed: nobody waits for a record that is not there. */
static void let_through(struct turn *t)
{
    for (size_t i = 0; i < t->n; i++) {
        struct judgement *j = &t->questions[i].judgement;

        if (j->reason == REASON_POLICY && !j->outcome.pass)
            judge_without_store(j);
    }
}

static void remember_all(struct decider *d)
{
    static struct remembered all[QUESTIONS];
    struct turn *t = d->turn;
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        const struct question *q = &t->questions[i];

        if (q->judgement.reason != REASON_OFF)
            all[n++] = (struct remembered){.now = q->now,
                                           .origin = &q->origin,
                                           .client = &q->client,
                                           .sender = q->sender,
                                           .recipient = q->recipient,
                                           .judgement = &q->judgement};
    }
    remember(d->memory, all, n);
}

void decide_finish(struct decider *d)
{
    struct turn *t = d->turn;
    struct store *s = memory_store(d->memory);

    if (t->n == 0)
        return;
    if (s != NULL && store_release(s) != 0)
        let_through(t);
    remember_all(d);
    for (size_t i = 0; i < t->n; i++) {
        const struct question *q = &t->questions[i];
        const struct origin *o = &q->origin;

        o->answer(o, &q->judgement,
                  i + 1 < t->n && q[1].origin.asker == o->asker);
    }
    t->n = 0;
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    decide_finish(arg);
}

void decide_init(struct decider *d, struct event_base *base)
{
    d->turn = xcalloc(1, sizeof(*d->turn));
    d->turn->end = event_new(base, -1, 0, on_end, d);
    if (d->turn->end == NULL)
        fatal(EX_OSERR, "out of memory");
}

void decide_release(struct decider *d)
{
    if (d->turn == NULL)
        return;
    event_free(d->turn->end);
    free(d->turn);
    d->turn = NULL;
}
