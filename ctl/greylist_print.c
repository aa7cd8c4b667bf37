/*
 * Tables of the greylist.  Columns of a known width come first, so that each
 * line is printed as it comes, however many follow.
 *
 * What stands in records came from strangers: nothing but printable ASCII and
 * UTF-8 reaches the terminal.
 */
#include "ctl/greylist_print.h"

#include "ctl/text.h"

#include <stdio.h>

static const char *text(const json_t *line, const char *key)
{
    const char *s = json_string_value(json_object_get(line, key));

    return s != NULL ? s : "";
}

static long long number(const json_t *line, const char *key)
{
    return json_integer_value(json_object_get(line, key));
}

static const char *moment(const json_t *line, const char *key,
                          char out[TEXT_MOMENT])
{
    return text_moment(number(line, key), out);
}

static void print_whom(const json_t *line)
{
    text_print(text(line, "identity"));
    putchar(' ');
    text_print(text(line, "sender"));
    fputs(" -> ", stdout);
    text_print(text(line, "recipient"));
    putchar('\n');
}

static void print_triplet(const json_t *line)
{
    static int lines;
    char first[TEXT_MOMENT], last[TEXT_MOMENT];

    if (lines++ == 0)
        printf("%-8s %-19s %-19s %7s %8s  %s\n", "state", "first seen",
               "last seen", "refused", "accepted", "triplet");
    printf("%-8s %-19s %-19s %7lld %8lld  ", text(line, "state"),
           moment(line, "first", first), moment(line, "last", last),
           number(line, "refused"), number(line, "accepted"));
    print_whom(line);
}

static void print_client(const json_t *line)
{
    static int lines;
    char last[TEXT_MOMENT];

    if (lines++ == 0)
        printf("%-8s %-19s %8s  %s\n", "state", "last seen", "passed",
               "client");
    printf("%-8s %-19s ", text(line, "state"), moment(line, "last", last));
    if (json_is_true(json_object_get(line, "by_hand")))
        printf("%8s  ", "by hand");
    else
        printf("%8lld  ", number(line, "triplets"));
    text_print(text(line, "identity"));
    putchar('\n');
}

static void print_attempt(const json_t *line)
{
    static int lines;
    char when[TEXT_MOMENT];

    if (lines++ == 0)
        printf("%-19s %-8s %5s  %-16s %s\n", "attempt", "decision", "reply",
               "client", "triplet");
    printf("%-19s %-8s %5lld  %-16s ", moment(line, "time", when),
           text(line, "decision"), number(line, "reply"), text(line, "client"));
    print_whom(line);
}

void print_record(const json_t *line)
{
    if (json_object_get(line, "time") != NULL)
        print_attempt(line);
    else if (json_object_get(line, "recipient") != NULL)
        print_triplet(line);
    else
        print_client(line);
}

void print_edit(const json_t *line)
{
    if (json_object_get(line, "forgotten") != NULL)
        printf("%lld forgotten\n", number(line, "forgotten"));
    else
        print_record(line);
}

static void print_span(const json_t *p)
{
    char median[TEXT_DURATION], p95[TEXT_DURATION];

    printf("%-6s %9lld %9lld %11lld %10lld %8lld %11lld  %-9s %s\n",
           text(p, "last"), number(p, "attempts"), number(p, "refused"),
           number(p, "first_seen"), number(p, "came_back"),
           number(p, "waiting"), number(p, "never_came_back"),
           text_duration(number(p, "wait_median"), median),
           text_duration(number(p, "wait_p95"), p95));
}

void print_stats(const json_t *line)
{
    const json_t *store = json_object_get(line, "store");
    const json_t *spans = json_object_get(line, "spans");

    printf("%-6s %9s %9s %11s %10s %8s %11s  %-9s %s\n", "last", "attempts",
           "refused", "first seen", "came back", "waiting", "never back",
           "wait: 50%", "95%");
    for (size_t i = 0; i < json_array_size(spans); i++)
        print_span(json_array_get(spans, i));
    printf("\nstore: %s, %lld triplets and %lld clients when last counted, "
           "%lld KB and %lld KB of logs; %lld attempts in the history\n",
           json_is_true(json_object_get(store, "works")) ? "works" : "fails",
           number(store, "triplets"), number(store, "clients"),
           number(store, "octets") / 1024, number(store, "log_octets") / 1024,
           number(store, "attempts"));
    if (number(store, "failures") > 0 || number(store, "set_aside") > 0)
        printf("since the start: %lld failures, %lld files set aside\n",
               number(store, "failures"), number(store, "set_aside"));
}

void print_load(const json_t *line)
{
    const json_t *mistakes = json_object_get(line, "mistakes");

    for (size_t i = 0; i < json_array_size(mistakes); i++)
        fprintf(stderr, "%s\n", json_string_value(json_array_get(mistakes, i)));
    printf("%lld triplets and %lld clients loaded, %lld left as they were, "
           "%lld lines wrong\n",
           number(line, "triplets"), number(line, "clients"),
           number(line, "older"), number(line, "wrong"));
}
