/*
 * Decisions on their way into log, history and counters, see remember.h.
 *
 * Every attempt is kept, also of those who never wait: to the history they are
 * free clients.  Many at a time cost one write to the log and one to the
 * history.
 */
#include "greylist/remember.h"

#include "lib/log.h"
#include "lib/stats.h"

#include <assert.h>
#include <stdlib.h>

static void log_decision(const struct remembered *r)
{
    const struct judgement *j = r->judgement;
    char client[NETADDR_TEXT];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_INFO, "greylist");
    log_str(&l, r->origin->key, r->origin->name);
    log_str(&l, "client", netaddr_text(r->client, client, sizeof(client)));
    log_str(&l, "identity", j->identity);
    log_str(&l, "from", r->sender);
    log_str(&l, "to", r->recipient);
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

static struct attempt attempt_of(const struct remembered *r)
{
    const struct judgement *j = r->judgement;
    bool pass = j->judged == JUDGED_PASS;

    return (struct attempt){
        .time = r->now,
        .decision =
            j->reason == REASON_POLICY ? j->outcome.decision : DECISION_CLIENT,
        .passed = pass,
        .reply = pass ? 250 : (unsigned)strtoul(j->reply, NULL, 10),
        .waited_sec = j->outcome.waited_sec,
        .client = *r->client,
        .identity = j->identity,
        .helo = r->origin->helo,
        .sender = r->sender,
        .recipient = r->recipient};
}

void remember(struct memory *m, const struct remembered *r, size_t n)
{
    static struct attempt attempts[REMEMBER_MAX];

    assert(n <= REMEMBER_MAX);
    log_hold();
    for (size_t i = 0; i < n; i++) {
        count(r[i].judgement);
        log_decision(&r[i]);
        attempts[i] = attempt_of(&r[i]);
    }
    memory_add(m, attempts, n);
    log_release();
}
