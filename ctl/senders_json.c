/*
 * The report as one JSON object.  Clients are written one by one, so that
 * many of them need no memory.
 */
#include "ctl/senders.h"

#include "ctl/text_json.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES 20

static const struct {
    enum why why;
    const char *word;
} words[] = {{WHY_EARLY, "too-early"},
             {WHY_ELSEWHERE, "other-network"},
             {WHY_OTHER_SENDER, "other-sender"},
             {WHY_LATE, "too-late"},
             {WHY_NEVER, "never-came-back"},
             {WHY_VERIFIED, "verified-name"},
             {WHY_OWN_DOMAIN, "own-domain"},
             {WHY_CLIENT, "client-passed"},
             {WHY_SENDER, "sender-passed"},
             {WHY_DOMAIN, "domain-passed"},
             {WHY_RECIPIENT, "domain-passed-to-recipient"},
             {WHY_SEVERAL, "several-recipients"},
             {WHY_HELO, "host-name"}};

static json_t *text(const struct senders *s, uint32_t number)
{
    return text_json(senders_text(s, number));
}

static json_t *values(struct senders *s, const struct client *c, size_t offset)
{
    uint32_t v[VALUES], n = senders_values(s, c, offset, VALUES, v);
    json_t *list = json_array();

    for (uint32_t i = 0; i < n && i < VALUES; i++)
        json_array_append_new(list, text(s, v[i]));
    return json_pack("{s:I, s:o}", "different", (json_int_t)n, "first", list);
}

static json_t *lost_json(struct senders *s, const struct lost *l,
                         const char *tarryctl)
{
    const struct message *m = &s->messages[l->message];
    const struct tried *t = senders_try(s, m, 0);
    char command[EXEMPT_TEXT];
    bool helps = senders_exempt(s, l, tarryctl, command);
    json_t *why = json_array(), *exempt = helps ? json_string(command) : NULL;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (l->why & words[i].why)
            json_array_append_new(why, json_string(words[i].word));
    return json_pack(
        "{s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, "
        "s:o}",
        "identity", text(s, s->clients[l->client].identity), "probability",
        l->score >= LOST_LIKELY ? "likely" : "possible", "score", l->score,
        "why", why, "client", text(s, t->address), "helo", text(s, t->helo),
        "sender", text(s, t->sender), "recipient", text(s, t->recipient),
        "attempts", (json_int_t)m->n, "first", (json_int_t)t->time, "last",
        (json_int_t)senders_try(s, m, m->n - 1)->time, "messages",
        (json_int_t)l->messages, "recipients", (json_int_t)l->recipients,
        "command", exempt != NULL ? exempt : json_null());
}

static json_t *waits_json(const struct senders *s)
{
    uint32_t n[SENDERS_CLASSES];
    json_t *classes = json_array();

    senders_classify(s, n);
    for (unsigned i = 0; i < SENDERS_CLASSES; i++)
        json_array_append_new(
            classes,
            json_pack("{s:I, s:o, s:I}", "from",
                      (json_int_t)(i > 0 ? senders_classes[i - 1] : 0), "below",
                      i < SENDERS_CLASSES - 1 ? json_integer(senders_classes[i])
                                              : json_null(),
                      "messages", (json_int_t)n[i]));
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:o}", "messages", (json_int_t)s->nwaits,
        "median", (json_int_t)senders_wait(s->waits, s->nwaits, 50), "p95",
        (json_int_t)senders_wait(s->waits, s->nwaits, 95), "longest",
        (json_int_t)senders_wait(s->waits, s->nwaits, 100), "classes", classes);
}

static json_t *client_json(struct senders *s, const struct client *c)
{
    json_t *verdicts = json_object();
    uint32_t faults[FAULT_COUNT], n, *waits = senders_waits(s, c, &n);
    json_int_t median = senders_wait(waits, n, 50),
               p95 = senders_wait(waits, n, 95);

    free(waits);
    senders_faults(s, c, faults);
    for (int f = 0; f < FAULT_COUNT; f++)
        if (faults[f] > 0)
            json_object_set_new(verdicts, fault_texts[f].word,
                                json_integer(faults[f]));
    return json_pack(
        "{s:o, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, "
        "s:I}",
        "identity", text(s, c->identity), "bot", (int)senders_is_bot(c),
        "wanted", (int)c->wanted, "messages", (json_int_t)c->shown, "at_once",
        (json_int_t)c->count[MESSAGE_AT_ONCE], "waited",
        (json_int_t)c->count[MESSAGE_WAITED], "undecided",
        (json_int_t)c->count[MESSAGE_UNDECIDED], "lost",
        (json_int_t)c->count[MESSAGE_LOST], "wait_median", median, "wait_p95",
        p95, "verdicts", verdicts, "addresses",
        values(s, c, offsetof(struct tried, address)), "names",
        values(s, c, offsetof(struct tried, helo)), "last",
        (json_int_t)c->last);
}

static void put(const char *before, json_t *value)
{
    fputs(before, stdout);
    json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
}

static void put_number(const char *before, uint32_t n)
{
    printf("%s%u", before, n);
}

static void put_clients(struct senders *s, bool all)
{
    const char *comma = "\n ";
    uint32_t bots = 0, messages = 0;

    printf(",\n\"clients\": [");
    for (uint32_t i = 0; i < s->nclients; i++) {
        const struct client *c = &s->clients[i];

        if (senders_is_bot(c)) {
            bots++;
            messages += c->shown;
        }
        if (c->shown == 0 || (senders_is_bot(c) && !all))
            continue;
        put(comma, client_json(s, c));
        comma = ",\n ";
    }
    put_number("],\n\"bots\": {\"clients\": ", bots);
    put_number(", \"messages\": ", messages);
    printf("}");
}

void senders_json(struct senders *s, const struct senders_reader *r)
{
    put_number("{\"since\": ", s->since);
    printf(", \"now\": %lld", (long long)s->q.now);
    put(", \"observing\": ", json_boolean(r->observing));
    put_number(", \"attempts\": ", s->attempts);
    put_number(", \"at_once\": ", s->count[MESSAGE_AT_ONCE]);
    put_number(", \"waited\": ", s->count[MESSAGE_WAITED]);
    put_number(", \"undecided\": ", s->count[MESSAGE_UNDECIDED]);
    put_number(", \"lost\": ", s->count[MESSAGE_LOST]);
    printf(",\n\"wanted\": [");
    for (uint32_t i = 0; i < s->nlost; i++)
        put(i == 0 ? "\n " : ",\n ", lost_json(s, &s->lost[i], r->tarryctl));
    put("],\n\"waits\": ", waits_json(s));
    put_clients(s, r->all);
    printf("}\n");
}
