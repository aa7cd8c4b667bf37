/*
 * The judgement of a sender, see verdict.h.
 *
 * Here is how it ended, and whether the sender gave up; what else it did is for
 * verdict_rules.c.  A sender is not blamed for what cannot be known: when it
 * may still come back the case is undecided, and a time in which the receiver
 * was not running is none in which it was silent.
 *
 * Attempts are counted in rounds: one after the other at different hosts of
 * the domain is one try, as RFC 5321 §5.1 wants it.
 */
#include "lab/verdict_parts.h"

#include <string.h>

bool trial_is_attempt(const struct seen *s)
{
    return s->step == SEEN_RCPT || s->step == SEEN_DATA || s->step == SEEN_DOT;
}

static bool is_accepted(const struct seen *s)
{
    return s->step == SEEN_DOT && s->code / 100 == 2;
}

double trial_between(const struct verdict_case *c, size_t from, size_t to)
{
    return (double)(c->v[to]->time_ms - c->v[from]->time_ms) / 1000 * c->speed;
}

double trial_unseen(const struct verdict_case *c, int64_t from, int64_t to)
{
    int64_t sum = 0;

    for (size_t i = 0; i < c->ngaps; i++) {
        int64_t a = c->gaps[i].from_ms > from ? c->gaps[i].from_ms : from,
                b = c->gaps[i].to_ms < to ? c->gaps[i].to_ms : to;

        if (b > a)
            sum += b - a;
    }
    return (double)sum / 1000 * c->speed;
}

double trial_watched(const struct verdict_case *c, size_t from, size_t to)
{
    return trial_between(c, from, to) -
           trial_unseen(c, c->v[from]->time_ms, c->v[to]->time_ms);
}

void trial_find(struct trial *t, enum fault fault, size_t a, size_t b)
{
    struct finding *f = &t->out->findings[t->out->n++];

    f->fault = fault;
    f->n = 0;
    f->cited[f->n++] = a;
    if (b != a && b < t->c->n)
        f->cited[f->n++] = b;
}

size_t trial_previous(const struct trial *t, size_t i)
{
    for (size_t j = i; j-- > 0;)
        if (trial_is_attempt(t->c->v[j]))
            return j;
    return i;
}

bool trial_begins_round(const struct trial *t, size_t i)
{
    size_t p = trial_previous(t, i);

    return p == i || t->c->v[i]->mx <= t->c->v[p]->mx ||
           trial_between(t->c, p, i) >= VERDICT_SOONEST;
}

static void survey(struct trial *t)
{
    const struct verdict_case *c = t->c;

    t->first = t->accepted = t->report = c->n;
    for (size_t i = 0; i < c->n; i++) {
        if (c->v[i]->step == SEEN_REPORT_FAILED && t->report == c->n)
            t->report = i;
        if (trial_is_attempt(c->v[i]) || c->v[i]->step == SEEN_TLS)
            t->alive = i;
        if (!trial_is_attempt(c->v[i]))
            continue;
        if (trial_begins_round(t, i)) {
            if (t->rounds++ > 0 && trial_watched(c, t->last, i) > t->longest)
                t->longest = trial_watched(c, t->last, i);
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
    int64_t since = t->c->v[t->alive]->time_ms;

    return (double)(t->c->now_ms - since) / 1000 * t->c->speed -
           trial_unseen(t->c, since, t->c->now_ms);
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
        trial_between(c, t->first, t->report) < VERDICT_GIVE_UP)
        trial_find(t, FAULT_PERMANENT, t->last, t->report);
    if (!told && c->sees_reports)
        trial_find(t, FAULT_SILENT, t->last, t->last);
    if (!told && !c->sees_reports && t->rounds == 1)
        trial_find(t, FAULT_NO_RETRY, t->last, t->last);
    lived = told ? trial_between(c, t->first, t->report)
                 : trial_between(c, t->first, t->last) + t->longest;
    /* Reports may be given up earlier (§4.5.4.1). */
    if (t->rounds > 1 && lived < VERDICT_GIVE_UP &&
        strcmp(c->v[t->last]->sender, "<>") != 0)
        trial_find(t, FAULT_EARLY, t->first, told ? t->report : t->last);
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
        trial_between(c, t.first, t.accepted < c->n ? t.accepted : t.last);
    judge_giving_up(&t);
    trial_judge(&t);
}
