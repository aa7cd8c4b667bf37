/*
 * The messages of a log, see replay.h: attempts of one sender at one
 * recipient belong together until one passes, or five days are over, whatever
 * address they come from.
 *
 * Attempts are kept as they are read, sorted by time when all are there, and
 * then taken to their messages; of two in the same second the one that was
 * read first comes first.  Open messages stand in a tree by their key, and
 * texts in another (tsearch(3)).
 */
#include "lab/replay.h"

#include "lib/log.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#define LIFETIME  (5 * 86400)
#define SOME_WAIT 900 /* when the log tells of none */
#define LATER     10

struct replay_attempt {
    struct replay_try try;
    size_t number;
    const char *sender, *recipient;
    bool passed, postfix;
};

struct key {
    const char *sender, *recipient;
    size_t message;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int by_key(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = strcasecmp(x->sender, y->sender);

    return order != 0 ? order : strcasecmp(x->recipient, y->recipient);
}

/* The one copy of a text. */
static const char *keep(struct replay *r, const char *text)
{
    char **found = tfind(text, &r->texts, by_text), *copy;

    if (found != NULL)
        return *found;
    copy = xstrdup(text);
    if (tsearch(copy, &r->texts, by_text) == NULL)
        fatal(EX_OSERR, "no memory");
    return copy;
}

static const char *keep_address(struct replay *r, const struct address *a)
{
    char text[ADDRESS_TEXT];

    if (a->local[0] == '\0' && a->domain[0] == '\0')
        return keep(r, "");
    return keep(r, address_text(a, text, sizeof(text)));
}

void replay_add(struct replay *r, const struct trace_line *l)
{
    if (r->nseen == REPLAY_MOST) {
        r->beyond++;
        return;
    }
    if (r->nseen == r->seen_room) {
        r->seen_room = r->seen_room * 2 + 1024;
        r->seen = xrealloc(r->seen, r->seen_room, sizeof(*r->seen));
    }
    r->seen[r->nseen] =
        (struct replay_attempt){.try = {l->time, l->client, keep(r, l->name)},
                                .number = r->nseen,
                                .sender = keep_address(r, &l->sender),
                                .recipient = keep_address(r, &l->recipient),
                                .passed = l->passed,
                                .postfix = l->postfix};
    r->nseen++;
}

static size_t message_new(struct replay *r, const struct replay_attempt *a)
{
    if (r->n == r->room) {
        r->room = r->room * 2 + 256;
        r->messages = xrealloc(r->messages, r->room, sizeof(*r->messages));
    }
    r->messages[r->n] =
        (struct replay_message){.sender = a->sender, .recipient = a->recipient};
    return r->n++;
}

/* The open message that the attempt belongs to; a new one if need be. */
static struct key *find(struct replay *r, const struct replay_attempt *a)
{
    struct key wanted = {.sender = a->sender, .recipient = a->recipient}, *key;
    struct key **found = tfind(&wanted, &r->open, by_key);

    if (found != NULL) {
        const struct replay_message *m = &r->messages[(*found)->message];

        if (a->try.time - m->tries[0].time > LIFETIME)
            (*found)->message = message_new(r, a);
        return *found;
    }
    key = xcalloc(1, sizeof(*key));
    *key = wanted;
    key->message = message_new(r, a);
    if (tsearch(key, &r->open, by_key) == NULL)
        fatal(EX_OSERR, "no memory");
    return key;
}

static void take(struct replay *r, const struct replay_attempt *a)
{
    struct key *key = find(r, a);
    struct replay_message *m = &r->messages[key->message];

    if ((m->ntries & (m->ntries - 1)) == 0)
        m->tries = xrealloc(m->tries, m->ntries > 0 ? 2 * m->ntries : 1,
                            sizeof(*m->tries));
    m->tries[m->ntries++] = a->try;
    r->attempts++;
    if (a->try.time > r->end)
        r->end = a->try.time;
    m->passed = a->passed;
    if (m->passed) {
        tdelete(key, &r->open, by_key);
        free(key);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct replay_attempt *x = a, *y = b;

    if (x->try.time != y->try.time)
        return x->try.time < y->try.time ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void find_usual_wait(struct replay *r)
{
    uint32_t *waits = xcalloc(r->n + 1, sizeof(*waits));
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        const struct replay_message *m = &r->messages[i];

        if (m->ntries > 1 && m->tries[1].time > m->tries[0].time)
            waits[n++] = (uint32_t)(m->tries[1].time - m->tries[0].time);
    }
    qsort(waits, n, sizeof(*waits), by_size);
    r->wait_sec = n > 0 ? waits[n / 2] : SOME_WAIT;
    free(waits);
}

/* When a policy told its attempts; Postfix has the last a little later. */
static void policy_span(const struct replay *r, int64_t *first, int64_t *last)
{
    *first = INT64_MAX;
    *last = INT64_MIN;
    for (size_t i = 0; i < r->nseen; i++)
        if (!r->seen[i].postfix) {
            if (*first == INT64_MAX)
                *first = r->seen[i].try.time;
            *last = r->seen[i].try.time + LATER;
        }
}

void replay_ready(struct replay *r)
{
    int64_t first, last;

    if (r->nseen > 0)
        qsort(r->seen, r->nseen, sizeof(*r->seen), by_time);
    policy_span(r, &first, &last);
    for (size_t i = 0; i < r->nseen; i++)
        if (r->seen[i].postfix && r->seen[i].try.time >= first &&
            r->seen[i].try.time <= last)
            r->twice++;
        else
            take(r, &r->seen[i]);
    free(r->seen);
    r->seen = NULL;
    r->nseen = r->seen_room = 0;
    find_usual_wait(r);
}

void replay_release(struct replay *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->messages[i].tries);
    free(r->messages);
    free(r->seen);
    tdestroy(r->open, free);
    tdestroy(r->texts, free);
    memset(r, 0, sizeof(*r));
}
