/*
 * The greylist policy, see policy.h: a pure function of what is known, of the
 * settings and of the time (RFC 6647 §5).
 *
 * A triplet is unknown, waiting or passed.  It becomes waiting at its first
 * sight and passes with an attempt between delay and window after that one;
 * attempts before the delay are refused and change nothing in when it ends.
 * Passed, it stays so for as long as it is used.  Whatever became too old is
 * unknown again.  Each triplet that passes counts for its client, and enough
 * of them free the client.
 *
 * Times come from a clock that may jump and from a store that may hold
 * anything: a time in the future counts as now, and no difference overflows.
 */
#include "greylist/policy.h"

#include <assert.h>
#include <string.h>

#define WEEK_SEC (7u * 24 * 3600)

static uint64_t elapsed(int64_t since, int64_t now)
{
    return now > since ? (uint64_t)now - (uint64_t)since : 0;
}

static uint32_t one_more(uint32_t n)
{
    return n < UINT32_MAX ? n + 1 : n;
}

static bool outlived(const struct policy *p, int64_t last, int64_t now)
{
    return elapsed(last, now) > (uint64_t)p->pass_sec + p->touch_sec;
}

/* Whether a use now must be stored, the last one stored being that. */
static bool touches(const struct policy *p, int64_t last, int64_t now)
{
    return last > now || elapsed(last, now) >= p->touch_sec;
}

static bool is_waiting(const struct policy *p, const struct record *r,
                       int64_t now)
{
    return r->first != 0 && r->passed == 0 &&
           elapsed(r->first, now) <= p->window_sec;
}

static bool is_passed(const struct policy *p, const struct record *r,
                      int64_t now)
{
    return r->passed != 0 && !outlived(p, r->last, now);
}

static bool is_free(const struct policy *p, const struct client_record *c,
                    int64_t now)
{
    return p->auto_allow > 0 && c->passed >= p->auto_allow &&
           !outlived(p, c->last, now);
}

/* The whole client was used: that keeps what it has earned. */
static void use_client(const struct policy *p, struct outcome *out, int64_t now)
{
    if (out->client.passed == 0 || outlived(p, out->client.last, now))
        return;
    out->client.last = now;
    out->client_changed = true;
}

/* One of its triplets passed, for the first time. */
static void credit_client(const struct policy *p, struct outcome *out,
                          int64_t now)
{
    if (outlived(p, out->client.last, now))
        out->client.passed = 0;
    out->client.passed = one_more(out->client.passed);
    out->client.last = now;
    out->client_changed = true;
}

static void begin(const struct policy *p, struct outcome *out, int64_t now)
{
    out->decision = DECISION_NEW;
    out->wait_sec = p->delay_sec > 0 ? p->delay_sec : 1;
    out->record = (struct record){.first = now, .last = now, .refused = 1};
    out->record_changed = true;
}

static void refuse_again(const struct policy *p, struct outcome *out,
                         int64_t now)
{
    struct record *r = &out->record;

    out->decision = DECISION_EARLY;
    /* A clock set back starts the wait anew rather than prolongs it. */
    if (r->first > now)
        r->first = now;
    out->wait_sec = p->delay_sec - (uint32_t)elapsed(r->first, now);
    r->last = now;
    r->refused = one_more(r->refused);
    out->record_changed = true;
}

static void pass_first(struct outcome *out, enum decision decision, int64_t now)
{
    struct record *r = &out->record;

    out->decision = decision;
    out->pass = true;
    r->last = r->passed = now;
    r->accepted = one_more(r->accepted);
    out->record_changed = true;
}

static void pass_again(const struct policy *p, struct outcome *out, int64_t now)
{
    struct record *r = &out->record;

    out->decision = DECISION_KNOWN;
    out->pass = true;
    out->record_changed = touches(p, r->last, now);
    r->last = now;
    r->accepted = one_more(r->accepted);
}

bool policy_needs_client(const struct policy *p, const struct record *r,
                         int64_t now)
{
    return !is_passed(p, r, now) || touches(p, r->last, now);
}

void policy_decide(const struct policy *p, const struct record *record,
                   const struct client_record *client, int64_t now,
                   struct outcome *out)
{
    uint64_t waited = elapsed(record->first, now);

    assert(p->delay_sec <= p->window_sec);
    memset(out, 0, sizeof(*out));
    out->record = *record;
    out->client = *client;
    if (is_passed(p, record, now)) {
        pass_again(p, out, now);
        /* Never later than the record, or it would be forgotten too early. */
        if (out->record_changed)
            use_client(p, out, now);
    } else if (is_waiting(p, record, now) && waited >= p->delay_sec) {
        pass_first(out, DECISION_RETURNED, now);
        out->waited_sec = (uint32_t)waited;
        credit_client(p, out, now);
    } else if (is_free(p, client, now)) {
        out->decision = DECISION_CLIENT;
        out->pass = true;
        if (is_waiting(p, record, now)) {
            pass_first(out, DECISION_CLIENT, now);
            out->waited_sec = (uint32_t)waited;
        }
        if (touches(p, client->last, now))
            use_client(p, out, now);
    } else if (is_waiting(p, record, now)) {
        refuse_again(p, out, now);
    } else {
        begin(p, out, now);
    }
}

static bool idle(int64_t last, uint64_t lifetime_sec, int64_t now)
{
    return elapsed(last, now) >
           (lifetime_sec > WEEK_SEC ? lifetime_sec : WEEK_SEC);
}

bool policy_expired(const struct policy *p, const struct record *r, int64_t now)
{
    if (r->passed == 0)
        return idle(r->last, p->window_sec, now);
    return idle(r->last, (uint64_t)p->pass_sec + p->touch_sec, now);
}

bool policy_client_expired(const struct policy *p,
                           const struct client_record *c, int64_t now)
{
    return idle(c->last, (uint64_t)p->pass_sec + p->touch_sec, now);
}
