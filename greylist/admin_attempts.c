/*
 * tarryctl greylist attempts, and what tarryctl senders judges: the history,
 * oldest first, as far as the filters let it through.
 *
 * The answer's first line is a JSON object with the settings in force by
 * which attempts are judged.  Then they follow as octets, as they lie in the
 * files (history_file.h): a million of them is told in a second or two, and a
 * length and a sum around each say that it is whole.  No attempt begins with
 * the octets of "end\n" or "error ", which would be a length that no attempt
 * has.
 */
#include "greylist/admin_parts.h"

#include "greylist/history_file.h"
#include "lib/log.h"

#include <assert.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#define FULL (64 * 1024) /* octets of an answer in one step */

static_assert('e' + ('n' << 8) > HISTORY_ENTRY, "an end is no attempt");
static_assert('e' + ('r' << 8) > HISTORY_ENTRY, "an error is no attempt");

enum filter { IDENTITY, SENDER, RECIPIENT, DECISION, FILTERS };

struct walk {
    struct question *q;
    struct history_place place;
    int64_t since;
    const char *filters[FILTERS]; /* or NULL */
    char client[IDENTITY_TEXT];   /* what client= means, or "" */
    bool begun;
};

static bool wants(const struct walk *w, const struct attempt *a)
{
    return a->time >= w->since &&
           (w->client[0] == '\0' || strcmp(w->client, a->identity) == 0) &&
           admin_matches(w->filters[IDENTITY], a->identity) &&
           admin_matches(w->filters[SENDER],
                         a->sender[0] != '\0' ? a->sender : "<>") &&
           admin_matches(w->filters[RECIPIENT], a->recipient) &&
           admin_matches(w->filters[DECISION],
                         judge_decision_word(a->decision));
}

static bool tell(const struct attempt *a, void *arg)
{
    struct walk *w = arg;
    uint8_t entry[HISTORY_ENTRY];

    if (!wants(w, a))
        return true;
    evbuffer_add(w->q->out, entry, history_pack(a, entry));
    return evbuffer_get_length(w->q->out) < FULL;
}

static bool read_since(struct question *q, struct walk *w, const char *value)
{
    char *end;

    w->since = strtoll(value, &end, 10);
    return (*end == '\0' && end != value) ||
           admin_refuse(q, "since=%.40s: no time in seconds", value);
}

/* "name=value" */
static bool read_filter(struct question *q, struct walk *w, const char *word)
{
    static const char *const names[FILTERS] = {
        "identity=", "sender=", "recipient=", "decision="};

    if (admin_filter(word, names, FILTERS, w->filters))
        return true;
    if (strncmp(word, "client=", 7) == 0)
        return admin_identity(q, word + 7, w->client);
    if (strncmp(word, "since=", 6) == 0)
        return read_since(q, w, word + 6);
    return admin_refuse(q,
                        "%.40s: no such filter; there are since= client= "
                        "identity= sender= recipient= decision=",
                        word);
}

static bool check_decision(struct question *q, const char *word)
{
    if (word == NULL)
        return true;
    for (enum decision d = DECISION_NEW; d <= DECISION_CLIENT; d++)
        if (strcmp(word, judge_decision_word(d)) == 0)
            return true;
    return admin_refuse(
        q, "decision=%.40s: new, early, returned, known or client", word);
}

static bool begin(struct question *q)
{
    struct walk *w = q->state = xcalloc(1, sizeof(*w));

    w->q = q;
    for (size_t i = 0; i < q->nwords; i++)
        if (!read_filter(q, w, q->words[i]))
            return false;
    if (memory_history(q->decider->memory) == NULL)
        return admin_refuse(q, "the history cannot be opened; see the log");
    return check_decision(q, w->filters[DECISION]);
}

static json_t *settings_json(const struct question *q)
{
    static const char *const modes[] = {[GREYLIST_ON] = "on",
                                        [GREYLIST_OFF] = "off",
                                        [GREYLIST_OBSERVE] = "observe"};
    const struct judge_settings *s = q->decider->settings;

    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I}", "mode", modes[s->mode], "delay",
        (json_int_t)s->policy.delay_sec, "window",
        (json_int_t)s->policy.window_sec, "auto_allow",
        (json_int_t)s->policy.auto_allow, "kept",
        (json_int_t)history_count(memory_history(q->decider->memory)));
}

static enum progress step(struct question *q)
{
    struct walk *w = q->state;
    struct history *h = memory_history(q->decider->memory);

    if (!w->begun) {
        admin_say(q, settings_json(q));
        w->begun = true;
    }
    switch (history_walk(h, &w->place, w->since, ADMIN_ATTEMPTS, tell, w)) {
    case 1:
        return ADMIN_MORE;
    case 0:
        return ADMIN_DONE;
    default:
        return admin_fail(q, "the history fails; see the log");
    }
}

const struct admin_verb admin_attempts = {"attempts", 0,    ADMIN_WORDS,
                                          begin,      step, NULL};
