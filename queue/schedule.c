/*
 * The retry schedule, see schedule.h.
 *
 * The list of waits, then its last value for as long as the message lives;
 * every wait differs by up to a tenth, so that messages queued together do
 * not come together.  A server that says how long it wants us to stay away is
 * obeyed: we come no earlier, and soon after.  One that goes on saying so gets
 * that only as the least wait after a few attempts: otherwise it could have
 * us come every minute for days.
 *
 * What it refuses to do: to take a 4xx for a 5xx, and to give up before the
 * time, whatever the server says.
 */
#include "queue/schedule.h"

#include <assert.h>

unsigned schedule_delay(const struct schedule_policy *p, unsigned attempts,
                        uint32_t random)
{
    size_t i = attempts > 0 ? attempts - 1 : 0;
    uint64_t sec;

    assert(p->nretry > 0);
    if (i >= p->nretry)
        i = p->nretry - 1;
    sec = (uint64_t)p->retry_sec[i] * (900 + random % 201) / 1000;
    return sec > 0 ? (unsigned)sec : 1;
}

int64_t schedule_expires(const struct schedule_policy *p,
                         const struct schedule_history *h)
{
    return h->queued +
           (h->null_sender ? p->lifetime_null_sec : p->lifetime_sec);
}

int64_t schedule_warns(const struct schedule_policy *p,
                       const struct schedule_history *h)
{
    if (p->warn_sec == 0 || h->warned || h->null_sender)
        return INT64_MAX;
    return h->queued + p->warn_sec;
}

/* What the reply asks for, and up to a tenth more, a minute at most. */
static unsigned asked_delay(unsigned wait_sec, uint32_t random)
{
    unsigned more;

    if (wait_sec < SCHEDULE_WAIT_MIN)
        wait_sec = SCHEDULE_WAIT_MIN;
    if (wait_sec > SCHEDULE_WAIT_MAX)
        wait_sec = SCHEDULE_WAIT_MAX;
    more = wait_sec / 10 < 60 ? wait_sec / 10 : 60;
    return wait_sec + 1 + random % (more + 1);
}

enum schedule_verdict schedule_after(const struct schedule_policy *p,
                                     const struct schedule_history *h,
                                     enum job_outcome outcome,
                                     unsigned wait_sec, int64_t now,
                                     uint32_t random, int64_t *at)
{
    int64_t expires = schedule_expires(p, h);
    unsigned delay = schedule_delay(p, h->attempts, random);

    if (outcome == OUTCOME_DELIVERED)
        return SCHEDULE_DONE;
    if (outcome == OUTCOME_REFUSED)
        return SCHEDULE_BOUNCE;
    if (now >= expires)
        return SCHEDULE_EXPIRE;
    if (wait_sec > 0) {
        unsigned asked = asked_delay(wait_sec, random);

        if (h->attempts <= SCHEDULE_WAIT_TRUST || asked > delay)
            delay = asked;
    }
    *at = now + delay < expires ? now + delay : expires;
    return SCHEDULE_RETRY;
}
