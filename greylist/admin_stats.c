/*
 * tarryctl greylist stats: what the counters say of the last hour, day and
 * month, and how the store is.
 */
#include "greylist/admin_parts.h"

#include <time.h>

static json_t *span_json(const struct question *q, enum counters_span span)
{
    static const char *const names[COUNTERS_SPANS] = {"hour", "day", "month"};
    struct counters_sum s;

    counters_sum(memory_counters(q->decider->memory), span, time(NULL),
                 q->decider->settings->policy.window_sec, &s);
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "last", names[span],
        "attempts", (json_int_t)s.attempts, "refused", (json_int_t)s.refused,
        "first_seen", (json_int_t)s.first_seen, "came_back",
        (json_int_t)s.came_back, "waiting", (json_int_t)s.waiting,
        "never_came_back", (json_int_t)s.never_came_back, "wait_median",
        (json_int_t)s.median_wait_sec, "wait_p95", (json_int_t)s.p95_wait_sec);
}

static json_t *store_json(const struct question *q)
{
    struct memory *m = q->decider->memory;
    const struct store_expiry *e = memory_expiry(m);
    struct history *h = memory_history(m);
    struct store_condition c;

    store_condition(memory_store(m), &c);
    return json_pack(
        "{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "works", c.works,
        "triplets", (json_int_t)e->kept[STORE_TRIPLETS], "clients",
        (json_int_t)e->kept[STORE_CLIENTS], "octets", (json_int_t)c.data_octets,
        "log_octets", (json_int_t)c.log_octets, "failures",
        (json_int_t)c.failures, "set_aside", (json_int_t)c.set_aside,
        "attempts", (json_int_t)(h != NULL ? history_count(h) : 0));
}

static bool begin(struct question *q)
{
    return memory_counters(q->decider->memory) != NULL ||
           admin_refuse(q, "the history is still being counted; ask again in "
                           "some seconds");
}

static enum progress step(struct question *q)
{
    json_t *spans = json_array();

    for (int i = 0; i < COUNTERS_SPANS; i++)
        json_array_append_new(spans, span_json(q, (enum counters_span)i));
    admin_say(q,
              json_pack("{s:o, s:o}", "spans", spans, "store", store_json(q)));
    return ADMIN_DONE;
}

const struct admin_verb admin_stats = {"stats", 0, 0, begin, step, NULL};
