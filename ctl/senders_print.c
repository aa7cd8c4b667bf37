/*
 * The report for an administrator in the morning: what he may have to do
 * comes first, then how it went, then who it was.
 *
 * All of it fits a screen unless there is much to do; "all" shows the rest.
 */
#include "ctl/senders.h"

#include "ctl/text.h"

#include <stdio.h>
#include <string.h>

#define LOST_SHOWN 10
#define BAR        40
#define INDENT     "    "

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void print_summary(const struct senders *s,
                          const struct senders_reader *r)
{
    uint64_t messages = 0;
    char since[TEXT_MINUTE];

    for (int i = 0; i < MESSAGE_STATES; i++)
        messages += s->count[i];
    if (r->empty) {
        printf("No attempts in the history.\n");
        return;
    }
    if (messages == 0) {
        printf("No attempts since %s.\n", text_minute(s->q.since, since));
        return;
    }
    printf("Since %s: %u attempt%s at %llu message%s.\n"
           "%u passed at once, %u after a wait, %u may still come back, "
           "%u never got through.\n",
           text_minute(s->since, since), s->attempts, plural(s->attempts),
           (unsigned long long)messages, plural(messages),
           s->count[MESSAGE_AT_ONCE], s->count[MESSAGE_WAITED],
           s->count[MESSAGE_UNDECIDED], s->count[MESSAGE_LOST]);
    if (r->observing)
        printf("Greylisting only observes: nothing is refused.\n");
}

/* How it was lost. */
static void print_cause(const struct senders *s, const struct lost *l)
{
    const struct message *m = &s->messages[l->message];
    const struct tried *first = senders_try(s, m, 0),
                       *last = senders_try(s, m, m->n - 1);
    char after[TEXT_DURATION], bound[TEXT_DURATION];

    text_duration((long long)last->time - first->time, after);
    printf(INDENT "- ");
    if (l->why & WHY_EARLY) {
        printf("came back too early, at last after %s (the delay is %s), and "
               "then no more",
               after, text_duration(s->q.delay_sec, bound));
    } else if (l->why & WHY_ELSEWHERE) {
        printf("came back from another network, at last ");
        text_print(senders_text(s, last->identity));
        printf(", so it was a stranger each time");
    } else if (l->why & WHY_OTHER_SENDER) {
        printf("came back with another sender, at last ");
        text_print(senders_text(s, last->sender));
        printf(", so it was a stranger each time");
    } else if (l->why & WHY_LATE) {
        printf("came back too late, after %s (the window is %s)", after,
               text_duration(s->q.window_sec, bound));
    } else if (m->n > 1) {
        printf("tried %u times within %s, and then no more", m->n, after);
    } else {
        printf("never came back");
    }
    putchar('\n');
}

static void print_client_grounds(const struct lost *l, const struct client *c)
{
    if (l->why & WHY_OWN_DOMAIN)
        printf(INDENT "- has a verified host name of the sender's domain\n");
    else if (l->why & WHY_VERIFIED)
        printf(INDENT "- has a verified host name, not that of a dial-up "
                      "line\n");
    if (l->why & WHY_HELO)
        printf(INDENT "- calls itself by a proper host name\n");
    if (l->why & WHY_CLIENT)
        printf(INDENT "- %u other message%s of this client got through\n",
               c->earned, plural(c->earned));
    if (l->messages > 1)
        printf(INDENT "- lost %u messages to %u recipient%s in all\n",
               l->messages, l->recipients, plural(l->recipients));
}

static void print_sender_grounds(struct senders *s, const struct lost *l)
{
    uint32_t sender = senders_try(s, &s->messages[l->message], 0)->normal;

    if (l->why & WHY_SENDER) {
        printf(INDENT "- other mail of this sender got through\n");
    } else if ((l->why & WHY_DOMAIN) &&
               !((l->why & WHY_OWN_DOMAIN) && (l->why & WHY_CLIENT))) {
        printf(INDENT "- other mail of ");
        text_print(senders_text(s, senders_domain(s, sender)));
        printf(" got through%s\n",
               l->why & WHY_RECIPIENT ? ", also to this recipient" : "");
    }
}

static void print_message(const struct senders *s, const struct lost *l)
{
    const struct message *m = &s->messages[l->message];
    const struct tried *first = senders_try(s, m, 0);
    char last[TEXT_MINUTE];

    text_print(senders_text(s, first->sender));
    printf(" -> ");
    text_print(senders_text(s, first->recipient));
    printf("\n" INDENT "from ");
    text_print(senders_text(s, s->clients[l->client].identity));
    printf(" (");
    text_print(senders_text(s, first->address));
    if (senders_text(s, first->helo)[0] != '\0') {
        printf(", ");
        text_print(senders_text(s, first->helo));
    }
    printf("), %u attempt%s, the last %s\n", m->n, plural(m->n),
           text_minute(senders_try(s, m, m->n - 1)->time, last));
}

static void print_lost(struct senders *s, uint32_t i, const char *tarryctl)
{
    const struct lost *l = &s->lost[i];
    char command[EXEMPT_TEXT];

    printf("%2u. %s: ", i + 1, l->score >= LOST_LIKELY ? "likely" : "possible");
    print_message(s, l);
    print_cause(s, l);
    print_client_grounds(l, &s->clients[l->client]);
    print_sender_grounds(s, l);
    if (senders_exempt(s, l, tarryctl, command))
        printf(INDENT "%s\n", command);
    else
        printf(INDENT "No command can let it in, as auto-allow is 0: put it "
                      "into exempt-clients.\n");
}

static void print_all_lost(struct senders *s, const struct senders_reader *r)
{
    uint32_t shown = r->all || s->nlost < LOST_SHOWN ? s->nlost : LOST_SHOWN;

    if (s->nlost == 0) {
        if (s->count[MESSAGE_LOST] > 0)
            printf("\nNothing of what did not get through looks like mail that "
                   "was wanted.\n");
        return;
    }
    printf("\nProbably wanted, but did not get through: mail of %u client%s. "
           "The command lets it in.\n\n",
           s->nlost, plural(s->nlost));
    for (uint32_t i = 0; i < shown; i++)
        print_lost(s, i, r->tarryctl);
    if (shown < s->nlost)
        printf(INDENT "%u more, less probable: %s senders all\n",
               s->nlost - shown, r->tarryctl);
}

static void print_class(unsigned i, uint32_t n, uint32_t most)
{
    static const char bar[BAR + 1] = "########################################";
    char from[TEXT_DURATION], to[TEXT_DURATION], label[80];
    unsigned len = (unsigned)(((uint64_t)n * BAR + most - 1) / most);

    text_duration(i > 0 ? senders_classes[i - 1] : 0, from);
    text_duration(senders_classes[i], to);
    if (i == 0)
        snprintf(label, sizeof(label), "under %s", to);
    else if (i == SENDERS_CLASSES - 1)
        snprintf(label, sizeof(label), "over %s", from);
    else
        snprintf(label, sizeof(label), "%s to %s", from, to);
    printf("  %-10s %7u%s%.*s\n", label, n, n > 0 ? " " : "", (int)len, bar);
}

static void print_waits(const struct senders *s)
{
    uint32_t n[SENDERS_CLASSES], most = 0;
    unsigned first = SENDERS_CLASSES, last = 0;
    char half[TEXT_DURATION], most_of[TEXT_DURATION], longest[TEXT_DURATION];

    if (s->nwaits == 0)
        return;
    senders_classify(s, n);
    for (unsigned i = 0; i < SENDERS_CLASSES; i++) {
        if (n[i] == 0)
            continue;
        if (first == SENDERS_CLASSES)
            first = i;
        last = i;
        if (n[i] > most)
            most = n[i];
    }
    printf("\nWaits of the %u that came back: half at most %s, 95%% at most "
           "%s, the longest %s\n",
           s->nwaits,
           text_duration(senders_wait(s->waits, s->nwaits, 50), half),
           text_duration(senders_wait(s->waits, s->nwaits, 95), most_of),
           text_duration(s->waits[s->nwaits - 1], longest));
    for (unsigned i = first; i <= last; i++)
        print_class(i, n[i], most);
}

void senders_print(struct senders *s, const struct senders_reader *r)
{
    print_summary(s, r);
    print_all_lost(s, r);
    print_waits(s);
    senders_table(s, r);
}
