/*
 * The judgement of a sender, see verdict.h.
 *
 * Each rule is a function of its own that looks at the whole case and adds one
 * finding with the attempts that show it; none depends on another.  What is
 * legal but defeats greylisting (another network, another reverse-path) is
 * found too, last.  A sender is not blamed for what cannot be known yet: when
 * it may still come back the case is undecided.
 *
 * Attempts are counted in rounds: one after the other at different hosts of
 * the domain is one try, as RFC 5321 §5.1 wants it.
 */
#include "lab/verdict.h"

#include <string.h>
#include <strings.h>

struct trial {
    const struct verdict_case *c;
    struct sender_verdict *out;
    size_t first, last; /* attempts */
    size_t accepted;    /* the one that was, or c->n */
    size_t report;      /* of failure, or c->n */
    size_t alive;       /* the last sign of life, be it a TLS that failed */
    size_t rounds;
    double longest; /* wait between rounds, seconds */
};

static bool is_attempt(const struct seen *s)
{
    return s->step == SEEN_RCPT || s->step == SEEN_DATA || s->step == SEEN_DOT;
}

static bool is_accepted(const struct seen *s)
{
    return s->step == SEEN_DOT && s->code / 100 == 2;
}

/* Seconds of the sender's clock from one to the other. */
static double between(const struct verdict_case *c, size_t from, size_t to)
{
    return (double)(c->v[to]->time_ms - c->v[from]->time_ms) / 1000 * c->speed;
}

static void find(struct trial *t, enum fault fault, size_t a, size_t b)
{
    struct finding *f = &t->out->findings[t->out->n++];

    f->fault = fault;
    f->n = 0;
    f->cited[f->n++] = a;
    if (b != a && b < t->c->n)
        f->cited[f->n++] = b;
}

/* The attempt before i, or i when it is the first. */
static size_t previous(const struct trial *t, size_t i)
{
    for (size_t j = i; j-- > 0;)
        if (is_attempt(t->c->v[j]))
            return j;
    return i;
}

/* The last attempt before i at the same host. */
static size_t previous_at_host(const struct trial *t, size_t i)
{
    for (size_t j = i; j-- > 0;)
        if (is_attempt(t->c->v[j]) && t->c->v[j]->mx == t->c->v[i]->mx)
            return j;
    return i;
}

/* The next of the preferred hosts, soon after the one before. */
static bool begins_round(const struct trial *t, size_t i)
{
    size_t p = previous(t, i);

    return p == i || t->c->v[i]->mx <= t->c->v[p]->mx ||
           between(t->c, p, i) >= VERDICT_SOONEST;
}

static void survey(struct trial *t)
{
    const struct verdict_case *c = t->c;

    t->first = t->accepted = t->report = c->n;
    for (size_t i = 0; i < c->n; i++) {
        if (c->v[i]->step == SEEN_REPORT_FAILED && t->report == c->n)
            t->report = i;
        if (is_attempt(c->v[i]) || c->v[i]->step == SEEN_TLS)
            t->alive = i;
        if (!is_attempt(c->v[i]))
            continue;
        if (begins_round(t, i)) {
            if (t->rounds++ > 0 && between(c, t->last, i) > t->longest)
                t->longest = between(c, t->last, i);
        }
        if (t->first == c->n)
            t->first = i;
        t->last = i;
        t->out->attempts++;
        if (t->accepted == c->n && is_accepted(c->v[i]))
            t->accepted = i;
    }
}

/* How long one must wait to say that it does not come back. */
static double patience(const struct trial *t)
{
    return 3 * t->longest > VERDICT_FIRST ? 3 * t->longest : VERDICT_FIRST;
}

static double silent_for(const struct trial *t)
{
    return (double)(t->c->now_ms - t->c->v[t->alive]->time_ms) / 1000 *
           t->c->speed;
}

static enum ending ending_of(const struct trial *t)
{
    if (t->accepted < t->c->n)
        return ENDING_ACCEPTED;
    if (t->c->v[t->last]->code / 100 == 5)
        return ENDING_REFUSED;
    if (t->report < t->c->n && t->report > t->last)
        return ENDING_GIVEN_UP;
    if (silent_for(t) < patience(t))
        return ENDING_WAITING;
    return t->c->v[t->last]->code / 100 == 2 ? ENDING_ASKED : ENDING_GIVEN_UP;
}

/* It gave up on a 4xx: how, and when? */
static void judge_giving_up(struct trial *t)
{
    const struct verdict_case *c = t->c;
    bool told = t->report < c->n;
    double lived;

    if (t->out->ending != ENDING_GIVEN_UP)
        return;
    if (told && t->rounds == 1 &&
        between(c, t->first, t->report) < VERDICT_GIVE_UP)
        find(t, FAULT_PERMANENT, t->last, t->report);
    if (!told && c->sees_reports)
        find(t, FAULT_SILENT, t->last, t->last);
    if (!told && !c->sees_reports && t->rounds == 1)
        find(t, FAULT_NO_RETRY, t->last, t->last);
    lived = told ? between(c, t->first, t->report)
                 : between(c, t->first, t->last) + t->longest;
    /* Reports may be given up earlier (§4.5.4.1). */
    if (t->rounds > 1 && lived < VERDICT_GIVE_UP &&
        strcmp(c->v[t->last]->sender, "<>") != 0)
        find(t, FAULT_EARLY, t->first, told ? t->report : t->last);
}

static void judge_ignoring(struct trial *t)
{
    for (size_t i = 0; i < t->c->n; i++)
        if (t->c->v[i]->insists) {
            find(t, FAULT_IGNORES, i, i);
            return;
        }
}

static void judge_after_5xx(struct trial *t)
{
    for (size_t i = t->first + 1; i <= t->last; i++) {
        size_t p = previous(t, i);

        if (is_attempt(t->c->v[i]) && t->c->v[p]->code / 100 == 5 && p != i) {
            find(t, FAULT_RETRIES_5XX, p, i);
            return;
        }
    }
}

static void judge_duplicate(struct trial *t)
{
    for (size_t i = t->accepted + 1; i < t->c->n; i++)
        if (is_attempt(t->c->v[i])) {
            find(t, FAULT_DUPLICATE, t->accepted, i);
            return;
        }
}

/* How many attempts came in the hour before i, it included. */
static size_t hour_before(const struct trial *t, size_t i, size_t *oldest)
{
    size_t n = 0;

    for (size_t j = i + 1; j-- > 0 && between(t->c, j, i) < 3600;)
        if (is_attempt(t->c->v[j]) && t->c->v[j]->mx == t->c->v[i]->mx) {
            *oldest = j;
            n++;
        }
    return n;
}

/* Who comes when he was told to is not too early. */
static double soonest(const struct verdict_case *c)
{
    return c->asked_sec > 0 && c->asked_sec < VERDICT_SOONEST ? c->asked_sec
                                                              : VERDICT_SOONEST;
}

static void judge_eager(struct trial *t)
{
    size_t oldest;

    for (size_t i = t->first; i <= t->last; i++) {
        size_t p = previous_at_host(t, i);

        if (!is_attempt(t->c->v[i]))
            continue;
        if (p != i && i <= t->accepted && between(t->c, p, i) < soonest(t->c)) {
            find(t, FAULT_EAGER, p, i);
            return;
        }
        if (hour_before(t, i, &oldest) > VERDICT_HOUR) {
            find(t, FAULT_EAGER, oldest, i);
            return;
        }
    }
}

static void judge_slow(struct trial *t)
{
    size_t end = t->accepted < t->c->n ? t->accepted : t->last, rounds = 1;

    for (size_t i = t->first + 1; i <= end; i++) {
        size_t p = previous(t, i);

        if (!is_attempt(t->c->v[i]) || !begins_round(t, i))
            continue;
        if (between(t->c, p, i) >
            (rounds++ == 1 ? VERDICT_FIRST : VERDICT_LATEST)) {
            find(t, FAULT_SLOW, p, i);
            return;
        }
    }
}

/* A worse host, and none better was tried for it lately. */
static void judge_mx(struct trial *t)
{
    for (size_t i = t->first; i <= t->last; i++) {
        const struct seen *s = t->c->v[i];
        bool tried = s->mx == 0 || !is_attempt(s);

        for (size_t j = 0; j < i && !tried; j++)
            tried = t->c->v[j]->mx == 0 && between(t->c, j, i) < VERDICT_MX;
        if (!tried) {
            find(t, FAULT_MX, i, i);
            return;
        }
    }
}

static void judge_sender(struct trial *t)
{
    for (size_t i = t->first + 1; i <= t->last; i++)
        if (is_attempt(t->c->v[i]) &&
            strcasecmp(t->c->v[i]->sender, t->c->v[t->first]->sender) != 0) {
            find(t, FAULT_SENDER, t->first, i);
            return;
        }
}

static void judge_address(struct trial *t)
{
    struct netaddr home = netaddr_network(&t->c->v[t->first]->client, 24, 64);

    for (size_t i = t->first + 1; i <= t->last; i++) {
        struct netaddr n = netaddr_network(&t->c->v[i]->client, 24, 64);

        if (is_attempt(t->c->v[i]) && !netaddr_equal(&home, &n)) {
            find(t, FAULT_ADDRESS, t->first, i);
            return;
        }
    }
}

void verdict_judge(const struct verdict_case *c, struct sender_verdict *out)
{
    struct trial t = {.c = c, .out = out};

    memset(out, 0, sizeof(*out));
    survey(&t);
    if (out->attempts == 0)
        return;
    out->ending = ending_of(&t);
    out->took_sec =
        between(c, t.first, t.accepted < c->n ? t.accepted : t.last);
    judge_giving_up(&t);
    judge_ignoring(&t);
    judge_after_5xx(&t);
    judge_duplicate(&t);
    judge_eager(&t);
    judge_slow(&t);
    judge_mx(&t);
    judge_sender(&t);
    judge_address(&t);
}
