/*
 * The sender of one message, see sender.h.
 *
 * One round is an attempt that the times of the profile bring about; within a
 * round it may try again at once, and turn to its other MX hosts.  A round is
 * over when all of them deferred it, and the next comes after the next time.
 * Waits count from the time of the attempt, as queues count them.
 *
 * A profile with "schedule tarry" leaves the decision when to come again, and
 * when to give up, to the code of Tarry's queue (queue/schedule.c).
 *
 * Invariants: no attempt is earlier than the one before, nor later than the
 * lifetime; a profile without an end of its own ends at PROFILE_TRIES.  With
 * the bounds of profile.h no time overflows.
 */
#include "lab/sender.h"

#include "lab/queueing.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* splitmix64 */
uint64_t sender_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* What belongs to each attempt: where from, as whom. */
static void dress(struct sender *s, struct sender_attempt *a)
{
    const struct profile *p = s->profile;

    a->number = s->last.number + 1;
    a->address = (s->last.address + 1) % p->addresses;
    a->sender = p->sender == SENDER_NEW ? a->number - 1 : 0;
    s->last = *a;
}

void sender_begin(struct sender *s, const struct profile *p, unsigned mxs,
                  uint64_t seed, int64_t now, struct sender_attempt *first)
{
    assert(mxs >= 1);
    memset(s, 0, sizeof(*s));
    s->profile = p;
    s->mxs = mxs;
    s->random = seed;
    s->began = now;
    s->why = WHY_NOTHING;
    /* The address before the first, so that dress() begins with the first. */
    s->last.address = p->addresses - 1;
    first->at = now;
    first->mx = p->mx == MX_LAST ? mxs - 1 : 0;
    dress(s, first);
}

static enum reaction reaction(const struct profile *p, enum step step,
                              unsigned code)
{
    return p->react[step][profile_class(code)];
}

bool sender_goes_on(const struct profile *p, enum step step, unsigned code)
{
    if (step >= p->last_step)
        return false;
    return profile_class(code) == CLASS_SUCCESS ||
           reaction(p, step, code) == REACT_IGNORE;
}

void sender_command(enum step step, const char *helo, const char *from,
                    const char *to, char *out, size_t size)
{
    out[0] = '\0';
    if (step == STEP_EHLO)
        snprintf(out, size, "EHLO %s\r\n", helo);
    else if (step == STEP_MAIL)
        snprintf(out, size, "MAIL FROM:<%s>\r\n", from);
    else if (step == STEP_RCPT)
        snprintf(out, size, "RCPT TO:<%s>\r\n", to);
    else if (step == STEP_DATA)
        snprintf(out, size, "DATA\r\n");
}

/* Without waiting: the same host again, or the next one. */
static bool retries_at_once(struct sender *s, struct sender_attempt *next)
{
    const struct profile *p = s->profile;

    if (s->at_once < p->at_once) {
        s->at_once++;
        return true;
    }
    if (p->mx != MX_ALL || s->mx_tried + 1 >= s->mxs)
        return false;
    s->mx_tried++;
    s->at_once = 0;
    next->mx = (next->mx + 1) % s->mxs;
    return true;
}

/* The wait of this round, jitter aside; false when there is none. */
static bool next_wait(struct sender *s, uint64_t *wait_sec)
{
    const struct profile *p = s->profile;
    uint64_t longest = p->longest_sec > 0 ? p->longest_sec : PROFILE_TIME;
    uint64_t n = s->rounds, since = (uint64_t)(s->last.at - s->began), at = 0;

    if (n < p->ntimes && !p->since_first) {
        *wait_sec = p->time_sec[n];
        return true;
    }
    switch (n < p->ntimes ? GROWTH_STOP : p->growth) {
    case GROWTH_STOP:
        if (n >= p->ntimes)
            return false;
        at = p->time_sec[n];
        break;
    case GROWTH_EVERY:
        *wait_sec = p->growth_sec;
        return true;
    case GROWTH_TIMES:
        *wait_sec = s->wait_sec * p->growth_percent / 100;
        if (*wait_sec > longest)
            *wait_sec = longest;
        return true;
    case GROWTH_SQUARE:
        at = (n + 1) * (n + 1) * p->growth_sec;
        break;
    }
    *wait_sec = at > since ? at - since : 0;
    return true;
}

static uint64_t jittered(struct sender *s, uint64_t wait_sec)
{
    uint64_t percent = s->profile->jitter_percent;
    uint64_t span = wait_sec * percent / 100;

    if (span == 0)
        return wait_sec;
    return wait_sec - span + sender_random(&s->random) % (2 * span + 1);
}

static enum sender_next give_up(struct sender *s, enum sender_why why,
                                enum reaction how)
{
    s->why = why;
    return how == REACT_BOUNCE ? SENDER_BOUNCED : SENDER_SILENT;
}

/* Whether and when, by the times of the profile. */
static enum sender_next by_times(struct sender *s, int64_t now, int64_t *at)
{
    const struct profile *p = s->profile;
    uint64_t wait_sec;

    if (!next_wait(s, &wait_sec))
        return give_up(s, WHY_TIMES, p->at_end);
    s->wait_sec = wait_sec;
    *at = s->last.at + (int64_t)jittered(s, wait_sec);
    if (*at < now)
        *at = now;
    if (p->lifetime_sec > 0 && *at - s->began > (int64_t)p->lifetime_sec)
        return give_up(s, WHY_LIFETIME, p->at_end);
    return SENDER_RETRY;
}

/* The same, as the program queue decides it: by its code. */
static enum sender_next by_schedule(struct sender *s, int64_t now, int64_t *at)
{
    const struct profile *p = s->profile;
    struct queueing q = {.retry_sec = p->time_sec,
                         .nretry = p->ntimes,
                         .lifetime_sec = p->lifetime_sec,
                         .lifetime_null_sec = p->lifetime_null_sec,
                         .null_sender = p->sender == SENDER_NULL,
                         .queued = s->began,
                         .attempts = s->last.number,
                         .wait_sec = s->named_sec};

    if (queueing_next(&q, now, (uint32_t)sender_random(&s->random), at))
        return SENDER_RETRY;
    return give_up(s, WHY_LIFETIME, p->at_end);
}

static enum sender_next retry_later(struct sender *s, int64_t now,
                                    struct sender_attempt *next)
{
    const struct profile *p = s->profile;
    enum sender_next n = p->schedule ? by_schedule(s, now, &next->at)
                                     : by_times(s, now, &next->at);

    if (n != SENDER_RETRY)
        return n;
    s->rounds++;
    s->at_once = s->mx_tried = 0;
    if (p->mx == MX_NEXT)
        next->mx = (next->mx + 1) % s->mxs;
    else if (p->mx == MX_ALL)
        next->mx = 0;
    return SENDER_RETRY;
}

static enum sender_next retry(struct sender *s, int64_t now,
                              struct sender_attempt *next)
{
    const struct profile *p = s->profile;
    unsigned limit = p->attempts > 0 ? p->attempts : PROFILE_TRIES;

    if (s->last.number >= limit)
        return give_up(s, WHY_TIMES, p->at_end);
    *next = s->last;
    if (retries_at_once(s, next)) {
        next->at = now;
    } else {
        enum sender_next n = retry_later(s, now, next);

        if (n != SENDER_RETRY)
            return n;
    }
    dress(s, next);
    return SENDER_RETRY;
}

enum sender_next sender_after(struct sender *s, enum step step, unsigned code,
                              unsigned wait_sec, int64_t now,
                              struct sender_attempt *next)
{
    assert(now >= s->last.at);
    s->named_sec = wait_sec;
    if (profile_class(code) == CLASS_SUCCESS && step >= s->profile->last_step)
        return SENDER_DONE;
    /* A success that is not the end: the connection was lost behind it. */
    if (profile_class(code) == CLASS_SUCCESS)
        code = 0;
    switch (reaction(s->profile, step, code)) {
    case REACT_RETRY:
        return retry(s, now, next);
    case REACT_BOUNCE:
        return give_up(s, WHY_REPLY, REACT_BOUNCE);
    case REACT_SILENCE:
        return give_up(s, WHY_REPLY, REACT_SILENCE);
    case REACT_IGNORE:
        /* At the last step there is nothing to go on to. */
        return give_up(s, WHY_REPLY, REACT_SILENCE);
    }
    return SENDER_SILENT;
}
