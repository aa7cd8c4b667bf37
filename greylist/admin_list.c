/*
 * tarryctl greylist list, show.
 *
 * list goes through a table and tells what all its filters let through; in
 * them '*' stands for any octets.  show tells all of one client: what it has
 * earned, its triplets, and its last attempts.
 */
#include "greylist/admin_parts.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LATEST 20 /* attempts that show tells */

enum filter { STATE, IDENTITY, SENDER, RECIPIENT, FILTERS };

struct walk {
    struct question *q;
    enum store_table table;
    struct store_place place;
    const char *filters[FILTERS]; /* or NULL */
    char client[IDENTITY_TEXT];   /* what client= means, or "" */
    unsigned long limit;
    int64_t until; /* monotonic nanoseconds */
    bool ended;
    enum { SHOW_CLIENT, SHOW_TRIPLETS, SHOW_ATTEMPTS } showing;
    struct history_place attempts;
    json_t *latest; /* an array */
};

static int64_t monotonic_nsec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool wants(const struct walk *w, const struct store_entry *e)
{
    if (w->client[0] != '\0' && strcmp(w->client, e->identity) != 0)
        return false;
    if (!admin_matches(w->filters[IDENTITY], e->identity))
        return false;
    if (w->table == STORE_CLIENTS)
        return admin_matches(w->filters[STATE],
                             admin_client_state(w->q, &e->client));
    return admin_matches(w->filters[SENDER], e->sender) &&
           admin_matches(w->filters[RECIPIENT], e->recipient) &&
           admin_matches(w->filters[STATE], admin_state(w->q, &e->record));
}

static unsigned tell(const struct store_entry *e, void *arg)
{
    struct walk *w = arg;

    if (w->client[0] != '\0' && strcmp(w->client, e->identity) != 0) {
        w->ended = true; /* the keys of one identity stand together */
        return STORE_STOP;
    }
    if (wants(w, e)) {
        admin_say(w->q, w->table == STORE_CLIENTS
                            ? admin_client(w->q, e->identity, &e->client)
                            : admin_triplet(w->q, e));
        w->ended = --w->limit == 0;
    }
    return w->ended || monotonic_nsec() >= w->until ? STORE_STOP : 0;
}

/* Puts the walk where it has something to find. */
static void begin_walk(struct walk *w, enum store_table table)
{
    w->table = table;
    w->place.len = 0;
    if (w->client[0] != '\0')
        store_place_at(&w->place, w->client);
}

static enum progress go_on(struct walk *w)
{
    w->until = monotonic_nsec() + 2000000;
    switch (store_walk(memory_store(w->q->decider->memory), w->table, &w->place,
                       ADMIN_RECORDS, tell, w)) {
    case -1:
        return admin_fail(w->q, "the store fails; see the log");
    case 0:
        return ADMIN_DONE;
    default:
        return w->ended ? ADMIN_DONE : ADMIN_MORE;
    }
}

static bool read_limit(struct question *q, struct walk *w, const char *value)
{
    char *end;

    w->limit = strtoul(value, &end, 10);
    return (*end == '\0' && w->limit > 0) ||
           admin_refuse(q, "limit=%.40s: no number", value);
}

/* "name=value" */
static bool read_filter(struct question *q, struct walk *w, const char *word)
{
    static const char *const names[FILTERS] = {
        "state=", "identity=", "sender=", "recipient="};

    if (admin_filter(word, names, FILTERS, w->filters))
        return true;
    if (strncmp(word, "client=", 7) == 0)
        return admin_identity(q, word + 7, w->client);
    if (strncmp(word, "limit=", 6) == 0)
        return read_limit(q, w, word + 6);
    return admin_refuse(q,
                        "%.40s: no such filter; there are client= "
                        "identity= sender= recipient= state= limit=",
                        word);
}

static bool check_state(struct question *q, const char *state)
{
    static const char *const states[] = {"waiting", "passed", "old", "free",
                                         "counting"};

    if (state == NULL)
        return true;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(state, states[i]) == 0)
            return true;
    return admin_refuse(q,
                        "state=%.40s: waiting, passed, old, free or "
                        "counting",
                        state);
}

static bool begin_list(struct question *q)
{
    struct walk *w = q->state = xcalloc(1, sizeof(*w));
    const char *state;

    w->q = q;
    for (size_t i = 0; i < q->nwords; i++)
        if (!read_filter(q, w, q->words[i]))
            return false;
    state = w->filters[STATE];
    if (!check_state(q, state))
        return false;
    begin_walk(w, state != NULL && (state[0] == 'f' || state[0] == 'c')
                      ? STORE_CLIENTS
                      : STORE_TRIPLETS);
    return true;
}

static enum progress step_list(struct question *q)
{
    return go_on(q->state);
}

/* The last ones are kept until all were seen. */
static bool tell_attempt(const struct attempt *a, void *arg)
{
    struct walk *w = arg;
    char client[NETADDR_TEXT];

    if (strcmp(a->identity, w->client) != 0)
        return true;
    if (json_array_size(w->latest) == LATEST)
        json_array_remove(w->latest, 0);
    json_array_append_new(
        w->latest,
        json_pack("{s:I, s:s, s:i, s:I, s:o, s:s, s:o, s:o, s:o}", "time",
                  (json_int_t)a->time, "decision",
                  judge_decision_word(a->decision), "reply", (int)a->reply,
                  "waited", (json_int_t)a->waited_sec, "identity",
                  admin_string(a->identity), "client",
                  netaddr_text(&a->client, client, sizeof(client)), "helo",
                  admin_string(a->helo), "sender", admin_string(a->sender),
                  "recipient", admin_string(a->recipient)));
    return true;
}

static enum progress step_attempts(struct walk *w)
{
    struct history *h = memory_history(w->q->decider->memory);

    if (h != NULL)
        switch (
            history_walk(h, &w->attempts, 0, ADMIN_ATTEMPTS, tell_attempt, w)) {
        case 1:
            return ADMIN_MORE;
        case -1:
            return admin_fail(w->q, "the history fails; see the log");
        }
    for (size_t i = 0; i < json_array_size(w->latest); i++)
        admin_say(w->q, json_incref(json_array_get(w->latest, i)));
    return ADMIN_DONE;
}

static bool begin_show(struct question *q)
{
    struct walk *w = q->state = xcalloc(1, sizeof(*w));

    w->q = q;
    if (!admin_identity(q, q->words[0], w->client))
        return false;
    w->latest = json_array();
    begin_walk(w, STORE_CLIENTS);
    return true;
}

static void end_show(struct question *q)
{
    struct walk *w = q->state;

    json_decref(w->latest);
    free(w);
}

static enum progress step_show(struct question *q)
{
    struct walk *w = q->state;
    enum progress p;

    if (w->showing == SHOW_ATTEMPTS)
        return step_attempts(w);
    p = go_on(w);
    if (p != ADMIN_DONE)
        return p;
    w->ended = false;
    if (w->showing++ == SHOW_CLIENT)
        begin_walk(w, STORE_TRIPLETS);
    return ADMIN_MORE;
}

const struct admin_verb admin_list = {"list",     0,         ADMIN_WORDS,
                                      begin_list, step_list, NULL};
const struct admin_verb admin_show = {"show",     1,         1,
                                      begin_show, step_show, end_show};
