/*
 * tarryctl greylist allow, forget.
 *
 * Allowing a client frees it as if enough of its triplets had passed, which
 * is lost like that after the pass lifetime without mail; for good is what
 * stands in an exemption list.  Forgetting a client forgets its triplets too.
 */
#include "greylist/admin_parts.h"

#include "lib/log.h"

#include <string.h>
#include <time.h>

struct edit {
    char identity[IDENTITY_TEXT];
    char sender[NORMAL_TEXT], recipient[NORMAL_TEXT];
    bool whole; /* the client, not one triplet */
    struct store_place place;
    bool other;
    unsigned long forgotten;
};

static const char *const failing = "the store fails; see the log";

/* IDENTITY, or IDENTITY SENDER RECIPIENT. */
static bool begin(struct question *q)
{
    struct edit *e = q->state = xcalloc(1, sizeof(*e));

    if (q->nwords == 2)
        return admin_refuse(q, "name a client, or a client, a sender and a "
                               "recipient");
    e->whole = q->nwords == 1;
    if (!admin_identity(q, q->words[0], e->identity))
        return false;
    store_place_at(&e->place, e->identity);
    return e->whole || (admin_sender(q, q->words[1], e->sender) &&
                        admin_recipient(q, q->words[2], e->recipient));
}

/* What was let in must be found again by the settings in force. */
static bool begin_allow(struct question *q)
{
    const struct edit *e;

    if (q->nwords == 1 && q->decider->settings->policy.auto_allow == 0)
        return admin_refuse(q, "greylist.auto-allow is 0, so no whole client "
                               "can be free; add it to exempt-clients");
    if (!begin(q))
        return false;
    e = q->state;
    return admin_is_identity(q, e->identity) ||
           admin_refuse(q,
                        "%.80s: no client is known by that; write its "
                        "address, or add it to exempt-clients",
                        e->identity);
}

static enum progress step_allow(struct question *q)
{
    struct edit *e = q->state;
    struct store *s = memory_store(q->decider->memory);
    int64_t now = time(NULL);
    struct store_entry entry = {
        .identity = e->identity,
        .sender = e->sender,
        .recipient = e->recipient,
        .record = {.first = now, .last = now, .passed = now},
        .client = {.last = now, .passed = UINT32_MAX}};

    if (e->whole) {
        if (store_write(s, e->identity, "", "", NULL, &entry.client) != 0)
            return admin_fail(q, failing);
        admin_say(q, admin_client(q, e->identity, &entry.client));
    } else {
        if (store_write(s, e->identity, e->sender, e->recipient, &entry.record,
                        NULL) != 0)
            return admin_fail(q, failing);
        admin_say(q, admin_triplet(q, &entry));
    }
    return ADMIN_DONE;
}

static unsigned forget_one(const struct store_entry *entry, void *arg)
{
    struct edit *e = arg;

    e->other = strcmp(entry->identity, e->identity) != 0;
    if (e->other)
        return STORE_STOP;
    e->forgotten++;
    return STORE_FORGET;
}

static enum progress say_forgotten(struct question *q)
{
    const struct edit *e = q->state;

    admin_say(q, json_pack("{s:I}", "forgotten", (json_int_t)e->forgotten));
    return ADMIN_DONE;
}

/* A client's triplets in steps, itself at the end. */
static enum progress step_forget(struct question *q)
{
    struct edit *e = q->state;
    struct store *s = memory_store(q->decider->memory);
    int more = 0, found;

    if (e->whole)
        more = store_walk(s, STORE_TRIPLETS, &e->place, ADMIN_RECORDS,
                          forget_one, e);
    if (more > 0 && !e->other)
        return ADMIN_MORE;
    found = store_forget(s, e->identity, e->whole ? NULL : e->sender,
                         e->whole ? NULL : e->recipient);
    if (more < 0 || found < 0)
        return admin_fail(q, failing);
    e->forgotten += (unsigned long)found;
    return say_forgotten(q);
}

const struct admin_verb admin_allow = {"allow",     1,          3,
                                       begin_allow, step_allow, NULL};
const struct admin_verb admin_forget = {"forget", 1,           3,
                                        begin,    step_forget, NULL};
