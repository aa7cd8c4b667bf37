/*
 * How much is in the queue, and what was done since it was started.  Counted
 * when it is asked for: nothing has to be kept right all the time.
 */
#include "queue/queue_show.h"

#include <event2/buffer.h>
#include <inttypes.h>

struct counts {
    size_t waiting, ready, busy, held, dead;
    int64_t oldest;
};

static void count_message(struct message *m, void *arg)
{
    struct counts *c = arg;

    c->held += m->held;
    if (c->oldest == 0 || m->queued < c->oldest)
        c->oldest = m->queued;
    for (size_t i = 0; i < m->n; i++) {
        c->waiting += m->rcpts[i].phase == PHASE_WAITS;
        c->ready += m->rcpts[i].phase == PHASE_READY;
        c->busy += m->rcpts[i].phase == PHASE_BUSY;
    }
}

static void count_dead(struct destination *d, void *arg)
{
    struct counts *c = arg;

    c->dead += d->failures > 0;
}

void show_stats(const struct queue *q, struct evbuffer *out, bool json)
{
    struct counts c = {0};

    messages_each(&q->messages, count_message, &c);
    destinations_each(&q->destinations, count_dead, &c);
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"messages", q->messages.n},
        {"held", c.held},
        {"recipients-waiting", c.waiting},
        {"recipients-ready", c.ready},
        {"recipients-being-sent", c.busy},
        {"oldest-seconds",
         c.oldest > 0 ? (uint64_t)(queue_now() - c.oldest) : 0},
        {"destinations", q->destinations.n},
        {"destinations-away", c.dead},
        {"relays-idle", queue_relays_idle(q)},
        {"accepted", q->since_start.accepted},
        {"delivered", q->since_start.delivered},
        {"deferred", q->since_start.deferred},
        {"refused", q->since_start.refused},
        {"expired", q->since_start.expired},
        {"reports", q->since_start.reports},
    };

    evbuffer_add_printf(out, "%s", json ? "{" : "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (json)
            evbuffer_add_printf(out, "%s\"%s\": %" PRIu64, i > 0 ? ", " : "",
                                rows[i].name, rows[i].value);
        else
            evbuffer_add_printf(out, "%-22s %10" PRIu64 "\n", rows[i].name,
                                rows[i].value);
    evbuffer_add_printf(out, "%s", json ? "}\n" : "");
}
