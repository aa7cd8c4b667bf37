/*
 * The queue's decisions, see queueing.h: replies are taken apart by
 * queue/relay_reply.c, waits in them found by queue/wait_text.c, and the next
 * attempt is what queue/schedule.c says.
 *
 * What queue does beyond one message is not imitated: that it puts off all
 * mail for a destination whose hosts cannot be reached, and its limits on
 * conversations.
 */
#include "lab/queueing.h"

#include "queue/relay_reply.h"
#include "queue/schedule.h"
#include "queue/wait_text.h"

unsigned queueing_wait(const char *reply, size_t len)
{
    struct reply r;
    enum reply_status status = REPLY_MORE;
    size_t done = 0, used;

    reply_reset(&r);
    while (status == REPLY_MORE && done < len) {
        status = reply_read(&r, reply + done, len - done, &used);
        done += used;
    }
    return status == REPLY_DONE && r.code / 100 == 4 ? wait_text(r.text) : 0;
}

bool queueing_next(const struct queueing *q, int64_t now, uint32_t random,
                   int64_t *at)
{
    struct schedule_policy policy = {.retry_sec = q->retry_sec,
                                     .nretry = q->nretry,
                                     .lifetime_sec = q->lifetime_sec,
                                     .lifetime_null_sec = q->lifetime_null_sec};
    struct schedule_history h = {.queued = q->queued,
                                 .attempts = q->attempts,
                                 .null_sender = q->null_sender};

    return schedule_after(&policy, &h, OUTCOME_DEFERRED, q->wait_sec, now,
                          random, at) == SCHEDULE_RETRY;
}
