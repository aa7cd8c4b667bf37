/*
 * The messages of a log, see replay.h: attempts of one sender at one
 * recipient belong together until one passes, or five days are over, whatever
 * address they come from.
 *
 * Open messages stand in a tree by their key (tsearch(3)).
 */
#include "lab/replay.h"

#include "lib/log.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define LIFETIME  (5 * 86400)
#define SOME_WAIT 900 /* when the log tells of none */

struct key {
    char *text; /* "sender recipient" */
    size_t message;
};

static int by_text(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    return strcasecmp(x->text, y->text);
}

static void key_free(void *key)
{
    free(((struct key *)key)->text);
    free(key);
}

static char *text_of(const struct address *a)
{
    char text[ADDRESS_TEXT];

    if (a->local[0] == '\0' && a->domain[0] == '\0')
        return xstrdup("");
    return xstrdup(address_text(a, text, sizeof(text)));
}

static size_t message_new(struct replay *r, const struct trace_line *l)
{
    if (r->n == r->room) {
        r->room = r->room * 2 + 256;
        r->messages = xrealloc(r->messages, r->room, sizeof(*r->messages));
    }
    r->messages[r->n] = (struct replay_message){
        .sender = text_of(&l->sender), .recipient = text_of(&l->recipient)};
    return r->n++;
}

/* The open message that the attempt belongs to; a new one if need be. */
static struct key *find(struct replay *r, const struct trace_line *l)
{
    char from[ADDRESS_TEXT], to[ADDRESS_TEXT], text[2 * ADDRESS_TEXT];
    struct key wanted = {.text = text}, *key;
    struct key **found;

    snprintf(text, sizeof(text), "%s %s",
             address_text(&l->sender, from, sizeof(from)),
             address_text(&l->recipient, to, sizeof(to)));
    found = tfind(&wanted, &r->open, by_text);
    if (found != NULL) {
        const struct replay_message *m = &r->messages[(*found)->message];

        if (l->time - m->tries[0].time > LIFETIME)
            (*found)->message = message_new(r, l);
        return *found;
    }
    key = xcalloc(1, sizeof(*key));
    key->text = xstrdup(text);
    key->message = message_new(r, l);
    if (tsearch(key, &r->open, by_text) == NULL)
        fatal(EX_OSERR, "no memory");
    return key;
}

void replay_add(struct replay *r, const struct trace_line *l)
{
    struct key *key = find(r, l);
    struct replay_message *m = &r->messages[key->message];

    if ((m->ntries & (m->ntries - 1)) == 0)
        m->tries = xrealloc(m->tries, m->ntries > 0 ? 2 * m->ntries : 1,
                            sizeof(*m->tries));
    m->tries[m->ntries++] =
        (struct replay_try){l->time, l->client, xstrdup(l->name)};
    if (l->time > r->end)
        r->end = l->time;
    m->passed = l->passed;
    if (m->passed) {
        tdelete(key, &r->open, by_text);
        key_free(key);
    }
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

void replay_ready(struct replay *r)
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

void replay_release(struct replay *r)
{
    for (size_t i = 0; i < r->n; i++) {
        struct replay_message *m = &r->messages[i];

        for (size_t k = 0; k < m->ntries; k++)
            free(m->tries[k].name);
        free(m->tries);
        free(m->sender);
        free(m->recipient);
    }
    free(r->messages);
    tdestroy(r->open, key_free);
    memset(r, 0, sizeof(*r));
}
