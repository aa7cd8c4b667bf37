/*
 * Clients, one a line, the busiest first.  Those of whom nothing ever got
 * through are summed up in a line at the end, unless all are wanted.
 */
#include "ctl/senders.h"

#include "ctl/text.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN  15
#define VALUES 3
#define COLUMN 26

enum kind { KIND_SENDER, KIND_UNDECIDED, KIND_BOT, KIND_OLD };

static enum kind kind_of(const struct client *c)
{
    if (c->shown == 0)
        return KIND_OLD;
    if (c->wanted || c->count[MESSAGE_AT_ONCE] + c->count[MESSAGE_WAITED] > 0)
        return KIND_SENDER;
    return c->count[MESSAGE_LOST] > 0 ? KIND_BOT : KIND_UNDECIDED;
}

bool senders_is_bot(const struct client *c)
{
    return kind_of(c) == KIND_BOT;
}

/* "too-eager 2, changes-address" */
static void print_faults(const struct senders *s, const struct client *c)
{
    uint32_t n[FAULT_COUNT];
    const char *comma = "  ";

    senders_faults(s, c, n);
    for (int f = 0; f < FAULT_COUNT; f++) {
        if (n[f] == 0)
            continue;
        printf("%s%s", comma, fault_texts[f].word);
        if (c->shown > 1)
            printf(" %u", n[f]);
        comma = ", ";
    }
}

/* "; from 192.0.2.1, 192.0.2.2 and 7 more" */
static void print_values(struct senders *s, const struct client *c,
                         const char *what, size_t offset)
{
    uint32_t v[VALUES], n = senders_values(s, c, offset, VALUES, v);
    uint32_t shown = n < VALUES ? n : VALUES;

    printf("%s", what);
    for (uint32_t i = 0; i < shown; i++) {
        printf("%s", i > 0 ? ", " : " ");
        text_print(senders_text(s, v[i])[0] != '\0' ? senders_text(s, v[i])
                                                    : "-");
    }
    if (n > shown)
        printf(" and %u more", n - shown);
}

static void print_client(struct senders *s, const struct client *c, bool all)
{
    char wait[TEXT_DURATION] = "-", last[TEXT_MINUTE];
    const char *identity = senders_text(s, c->identity);
    uint32_t n, *waits = senders_waits(s, c, &n);

    if (n > 0)
        text_duration(senders_wait(waits, n, 50), wait);
    free(waits);
    text_print(identity);
    printf("%*s %8u %7u %6u %4u %5u  %-8s %-12s",
           strlen(identity) < COLUMN ? COLUMN - (int)strlen(identity) : 0, "",
           c->shown, c->count[MESSAGE_AT_ONCE], c->count[MESSAGE_WAITED],
           c->count[MESSAGE_UNDECIDED], c->count[MESSAGE_LOST], wait,
           text_minute(c->last, last));
    print_faults(s, c);
    putchar('\n');
    if (all) {
        print_values(s, c, "    from", offsetof(struct tried, address));
        print_values(s, c, "; as", offsetof(struct tried, helo));
        putchar('\n');
    }
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

struct bots {
    uint32_t clients, messages;
    uint32_t single; /* messages, tried just once */
};

static void add_bots(const struct senders *s, const struct client *c,
                     struct bots *out)
{
    out->clients++;
    out->messages += c->shown;
    for (uint32_t i = 0; i < c->n; i++)
        out->single +=
            !s->messages[c->first + i].old && s->messages[c->first + i].n == 1;
}

static void print_bots(const struct bots *bots)
{
    if (bots->clients > 0)
        printf("\nProbably bots: %u client%s with %u message%s, none of which "
               "got through; %u w%s tried just once.\n",
               bots->clients, plural(bots->clients), bots->messages,
               plural(bots->messages), bots->single,
               bots->single == 1 ? "as" : "ere");
}

void senders_table(struct senders *s, const struct senders_reader *r)
{
    struct bots bots = {0};
    uint32_t shown = 0, more = 0;

    for (uint32_t i = 0; i < s->nclients; i++) {
        const struct client *c = &s->clients[i];
        enum kind kind = kind_of(c);

        if (kind == KIND_BOT)
            add_bots(s, c, &bots);
        if (kind == KIND_OLD || (kind != KIND_SENDER && !r->all))
            continue;
        if (shown == SHOWN && !r->all) {
            more++;
            continue;
        }
        if (shown++ == 0)
            printf("\n%-*s %8s %7s %6s %4s %5s  %-8s %-12s  %s\n", COLUMN,
                   "client", "messages", "at once", "waited", "open", "never",
                   "wait 50%", "last seen", "verdicts");
        print_client(s, c, r->all);
    }
    if (more > 0)
        printf("%u more client%s: %s senders all\n", more, plural(more),
               r->tarryctl);
    print_bots(&bots);
}
