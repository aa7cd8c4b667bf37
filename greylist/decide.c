/*
 * Decisions, with everything around them, see decide.h.
 *
 * A decision reads what is known and writes what changed; neither waits for
 * the disk.  What fails lets mail through: greylisting must never be the
 * reason that mail is lost.
 */
#include "greylist/decide.h"

#include "lib/log.h"
#include "lib/stats.h"

#include <stdlib.h>
#include <time.h>

struct known {
    struct record record;
    struct client_record client;
    bool moves; /* it stands under the client's network, not its name */
};

/*
 * What is known of the triplet.  A client whose name was not to be had the
 * last time is found by its network, and its record moves to its name.
 */
static int read_known(struct store *s, const struct judgement *j,
                      struct known *out)
{
    struct record other;
    struct client_record other_client;

    out->moves = false;
    if (store_read(s, j->identity, j->sender, j->recipient, &out->record,
                   &out->client) != 0)
        return -1;
    if (out->record.first != 0 || j->network[0] == '\0')
        return 0;
    if (store_read(s, j->network, j->sender, j->recipient, &other,
                   &other_client) != 0)
        return -1;
    out->moves = other.first != 0;
    if (out->moves)
        out->record = other;
    return 0;
}

static int write_changes(struct store *s, const struct judgement *j, bool moves)
{
    const struct outcome *o = &j->outcome;
    bool record = o->record_changed || moves;

    if (!record && !o->client_changed)
        return 0;
    if (store_write(s, j->identity, j->sender, j->recipient,
                    record ? &o->record : NULL,
                    o->client_changed ? &o->client : NULL) != 0)
        return -1;
    if (moves && store_forget(s, j->network, j->sender, j->recipient) < 0)
        return -1;
    return 0;
}

/*
 * A record that cannot be written must not make anybody wait: the next
 * attempt would be a first one again.
 */
static void ask_store(struct decider *d, const struct rcpt *a, int64_t now,
                      struct judgement *out)
{
    struct store *s = memory_store(d->memory);
    struct known known;

    if (s == NULL || read_known(s, out, &known) != 0) {
        judge_without_store(out);
        return;
    }
    judge_finish(d->settings, a, &known.record, &known.client, now, out);
    if (write_changes(s, out, known.moves) != 0 && !out->outcome.pass)
        judge_without_store(out);
}

static void log_decision(const struct attempt *a, const struct origin *origin,
                         const struct judgement *j)
{
    char client[NETADDR_TEXT];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_INFO, "greylist");
    log_str(&l, origin->key, origin->name);
    log_str(&l, "client", netaddr_text(&a->client, client, sizeof(client)));
    log_str(&l, "identity", a->identity);
    log_str(&l, "from", a->sender);
    log_str(&l, "to", a->recipient);
    log_str(&l, "decision",
            j->judged != JUDGED_PASS || j->observed ? "defer" : "pass");
    log_str(&l, "reason", judge_word(j));
    if (j->outcome.wait_sec > 0)
        log_int(&l, "wait", j->outcome.wait_sec);
    if (j->outcome.waited_sec > 0)
        log_int(&l, "waited", j->outcome.waited_sec);
    if (j->observed)
        log_str(&l, "mode", "observe");
    if (j->entry != NULL) {
        log_str(&l, "file", j->entry->file);
        log_int(&l, "line", j->entry->line);
    }
    log_end(&l);
}

/*
 * Every attempt is kept, also of those who never wait: to the history they
 * are free clients.  Addresses stand there as they were written.
 */
static void remember(struct decider *d, const struct rcpt *a,
                     const struct origin *origin, int64_t now,
                     const struct judgement *j)
{
    char from[ADDRESS_TEXT], to[ADDRESS_TEXT];
    bool pass = j->judged == JUDGED_PASS;
    struct attempt attempt = {
        .time = now,
        .decision =
            j->reason == REASON_POLICY ? j->outcome.decision : DECISION_CLIENT,
        .passed = pass,
        .reply = pass ? 250 : (unsigned)strtoul(j->reply, NULL, 10),
        .waited_sec = j->outcome.waited_sec,
        .client = a->client,
        .identity = j->identity,
        .helo = origin->helo,
        .sender = address_text(a->sender, from, sizeof(from)),
        .recipient = address_text(a->recipient, to, sizeof(to))};

    log_decision(&attempt, origin, j);
    memory_add(d->memory, &attempt);
}

static void count(const struct judgement *j)
{
    static const enum counter decisions[] = {[DECISION_NEW] = STAT_STRANGERS,
                                             [DECISION_EARLY] = STAT_EARLY,
                                             [DECISION_RETURNED] =
                                                 STAT_RETURNED};

    stats_add(STAT_DECISIONS, 1);
    if (j->reason == REASON_STORE)
        stats_add(STAT_STORE_FAILURES, 1);
    else if (j->reason != REASON_POLICY)
        stats_add(STAT_EXEMPT, 1);
    else if (j->outcome.decision <= DECISION_RETURNED)
        stats_add(decisions[j->outcome.decision], 1);
}

void decide(struct decider *d, const struct rcpt *a,
            const struct origin *origin, struct judgement *out)
{
    int64_t now = time(NULL);

    if (judge_begin(d->settings, a, out))
        ask_store(d, a, now, out);
    if (out->reason == REASON_OFF)
        return;
    count(out);
    remember(d, a, origin, now, out);
}
