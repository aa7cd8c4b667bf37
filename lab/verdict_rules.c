/*
 * The rules of the judgement, see verdict.h: each is a function that looks at
 * the whole case and adds one finding with the attempts that show it; none
 * depends on another.  What is legal but defeats greylisting (another network,
 * another reverse-path) is found too, last.
 */
#include "lab/verdict_parts.h"

#include <strings.h>

/* The last attempt before i at the same host. */
static size_t previous_at_host(const struct trial *t, size_t i)
{
    for (size_t j = i; j-- > 0;)
        if (trial_is_attempt(t->c->v[j]) && t->c->v[j]->mx == t->c->v[i]->mx)
            return j;
    return i;
}

static void judge_ignoring(struct trial *t)
{
    for (size_t i = 0; i < t->c->n; i++)
        if (t->c->v[i]->insists) {
            trial_find(t, FAULT_IGNORES, i, i);
            return;
        }
}

static void judge_after_5xx(struct trial *t)
{
    for (size_t i = t->first + 1; i <= t->last; i++) {
        size_t p = trial_previous(t, i);

        if (trial_is_attempt(t->c->v[i]) && t->c->v[p]->code / 100 == 5 &&
            p != i) {
            trial_find(t, FAULT_RETRIES_5XX, p, i);
            return;
        }
    }
}

static void judge_duplicate(struct trial *t)
{
    for (size_t i = t->accepted + 1; i < t->c->n; i++)
        if (trial_is_attempt(t->c->v[i])) {
            trial_find(t, FAULT_DUPLICATE, t->accepted, i);
            return;
        }
}

/* How many attempts came in the hour before i, it included. */
static size_t hour_before(const struct trial *t, size_t i, size_t *oldest)
{
    size_t n = 0;

    for (size_t j = i + 1; j-- > 0 && trial_between(t->c, j, i) < 3600;)
        if (trial_is_attempt(t->c->v[j]) && t->c->v[j]->mx == t->c->v[i]->mx) {
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

        if (!trial_is_attempt(t->c->v[i]))
            continue;
        if (p != i && i <= t->accepted &&
            trial_between(t->c, p, i) < soonest(t->c)) {
            trial_find(t, FAULT_EAGER, p, i);
            return;
        }
        if (hour_before(t, i, &oldest) > VERDICT_HOUR) {
            trial_find(t, FAULT_EAGER, oldest, i);
            return;
        }
    }
}

static void judge_slow(struct trial *t)
{
    size_t end = t->accepted < t->c->n ? t->accepted : t->last, rounds = 1;

    for (size_t i = t->first + 1; i <= end; i++) {
        size_t p = trial_previous(t, i);

        if (!trial_is_attempt(t->c->v[i]) || !trial_begins_round(t, i))
            continue;
        if (trial_watched(t->c, p, i) >
            (rounds++ == 1 ? VERDICT_FIRST : VERDICT_LATEST)) {
            trial_find(t, FAULT_SLOW, p, i);
            return;
        }
    }
}

/* A worse host, and none better was tried for it lately. */
static void judge_mx(struct trial *t)
{
    for (size_t i = t->first; i <= t->last; i++) {
        const struct seen *s = t->c->v[i];
        int64_t hour_ms = (int64_t)(VERDICT_MX * 1000.0 / t->c->speed);
        bool tried = s->mx == 0 || !trial_is_attempt(s) ||
                     trial_unseen(t->c, s->time_ms - hour_ms, s->time_ms) > 0;

        for (size_t j = 0; j < i && !tried; j++)
            tried =
                t->c->v[j]->mx == 0 && trial_between(t->c, j, i) < VERDICT_MX;
        if (!tried) {
            trial_find(t, FAULT_MX, i, i);
            return;
        }
    }
}

static void judge_sender(struct trial *t)
{
    for (size_t i = t->first + 1; i <= t->last; i++)
        if (trial_is_attempt(t->c->v[i]) &&
            strcasecmp(t->c->v[i]->sender, t->c->v[t->first]->sender) != 0) {
            trial_find(t, FAULT_SENDER, t->first, i);
            return;
        }
}

static void judge_address(struct trial *t)
{
    struct netaddr home = netaddr_network(&t->c->v[t->first]->client, 24, 64);

    for (size_t i = t->first + 1; i <= t->last; i++) {
        struct netaddr n = netaddr_network(&t->c->v[i]->client, 24, 64);

        if (trial_is_attempt(t->c->v[i]) && !netaddr_equal(&home, &n)) {
            trial_find(t, FAULT_ADDRESS, t->first, i);
            return;
        }
    }
}

void trial_judge(struct trial *t)
{
    judge_ignoring(t);
    judge_after_5xx(t);
    judge_duplicate(t);
    judge_eager(t);
    judge_slow(t);
    judge_mx(t);
    judge_sender(t);
    judge_address(t);
}
