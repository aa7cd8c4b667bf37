/*
 * The settings of a replay side by side, a row each, the log itself first; and
 * before them what of the log was left out, so that nobody takes a part for the
 * whole.
 */
#include "lab/replay_print.h"

#include "lab/delays.h"
#include "lib/log.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static double share(size_t n, size_t of)
{
    return of > 0 ? 100.0 * (double)n / (double)of : 0;
}

static void print_count(size_t n, const struct replay_result *r)
{
    printf(" %5zu %3.0f%%", n, share(n, r->messages));
}

static void print_delay(const struct replay_result *r, unsigned percent)
{
    int64_t sec = replay_delay(r, percent);
    char text[48] = "-";

    if (r->delayed > 0)
        snprintf(text, sizeof(text), "%" PRId64 ":%02d:%02d", sec / 3600,
                 (int)(sec / 60 % 60), (int)(sec % 60));
    printf(" %8s", text);
}

static void print_row(const struct replay_row *row, int width)
{
    const struct replay_result *r = &row->result;

    printf("%-*s", width, row->name);
    print_count(r->at_once, r);
    print_count(r->delayed, r);
    printf(" %7zu", r->guessed);
    print_count(r->stopped, r);
    printf(" %5zu %7zu", r->lost, r->waiting);
    print_delay(r, 50);
    print_delay(r, 90);
    print_delay(r, 100);
    putchar('\n');
}

static uint64_t all_deferred(const struct trace_left *left)
{
    uint64_t n = 0;

    for (size_t i = 0; trace_reason(i) != NULL; i++)
        n += left->deferred[i];
    return n;
}

static void print_if(uint64_t n, const char *what)
{
    if (n > 0)
        printf("  %" PRIu64 " %s\n", n, what);
}

static void print_left(const struct replay *r, const struct trace_left *left)
{
    uint64_t deferred = all_deferred(left);
    const char *comma = ": ";

    if (r->unfit + r->beyond + r->twice + deferred + left->refused + left->own +
            left->incomplete ==
        0)
        return;
    printf("Left out:\n");
    print_if(r->unfit, "lines that could not be read");
    print_if(r->beyond, "attempts, too many for the memory");
    print_if(r->twice, "attempts of Postfix, which its policy tells, too");
    if (deferred > 0) {
        printf("  %" PRIu64 " deferrals that are no greylisting", deferred);
        for (size_t i = 0; trace_reason(i) != NULL; i++)
            if (left->deferred[i] > 0) {
                printf("%s%s %" PRIu64, comma, trace_reason(i),
                       left->deferred[i]);
                comma = ", ";
            }
        if (left->example[0] != '\0')
            printf(" (\"%s\")", left->example);
        putchar('\n');
    }
    print_if(left->refused, "refusals (5xx)");
    print_if(left->own, "messages of users, and of this host");
    print_if(left->incomplete, "messages accepted whose lines are incomplete");
}

void replay_print(const struct replay *r, const struct trace_left *left,
                  const struct replay_row *rows, size_t n)
{
    int width = 0;

    printf("%zu messages, %zu attempts.\n", r->n, r->attempts);
    print_left(r, left);
    for (size_t i = 0; i < n; i++)
        if ((int)strlen(rows[i].name) > width)
            width = (int)strlen(rows[i].name);
    printf("\n%-*s %10s %10s %7s %10s %5s %7s %8s %8s %8s\n", width, "",
           "at once", "delayed", "guessed", "never back", "lost", "waiting",
           "half", "9 in 10", "longest");
    for (size_t i = 0; i < n; i++)
        print_row(&rows[i], width);
    printf("\nGuessed: of those delayed, by an attempt that the log does not "
           "have.  Lost: it\nretried, and did not pass.  Waiting: it may come "
           "back after the end of the log.\nHalf, 9 in 10: of those delayed "
           "waited no longer (h:mm:ss).\n");
}

/* Everything in a report is text of our own; without memory there is none. */
static json_t *must(json_t *j)
{
    if (j == NULL)
        fatal(EX_OSERR, "out of memory");
    return j;
}

static json_t *delays(const struct replay_result *r)
{
    struct delays *d = xcalloc(1, sizeof(*d));
    json_t *j;

    delays_make(d, r->messages, r->at_once, r->delays, r->delayed);
    j = must(delays_json(d));
    free(d);
    return j;
}

static json_t *row_json(const struct replay_row *row)
{
    const struct replay_result *r = &row->result;

    return must(json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
        "settings", row->name, "at_once", (json_int_t)r->at_once, "delayed",
        (json_int_t)r->delayed, "guessed", (json_int_t)r->guessed, "stopped",
        (json_int_t)r->stopped, "lost", (json_int_t)r->lost, "waiting",
        (json_int_t)r->waiting, "attempts", (json_int_t)r->attempts, "delay_50",
        (json_int_t)replay_delay(r, 50), "delay_90",
        (json_int_t)replay_delay(r, 90), "delay_100",
        (json_int_t)replay_delay(r, 100), "delays", delays(r)));
}

static json_t *left_json(const struct replay *r, const struct trace_left *left)
{
    json_t *deferred = must(json_object());

    for (size_t i = 0; trace_reason(i) != NULL; i++)
        if (left->deferred[i] > 0)
            json_object_set_new(deferred, trace_reason(i),
                                json_integer((json_int_t)left->deferred[i]));
    return must(json_pack(
        "{s:I, s:I, s:I, s:o, s:I, s:I, s:I}", "unfit", (json_int_t)r->unfit,
        "beyond", (json_int_t)r->beyond, "twice", (json_int_t)r->twice,
        "deferred", deferred, "refused", (json_int_t)left->refused, "own",
        (json_int_t)left->own, "incomplete", (json_int_t)left->incomplete));
}

void replay_print_json(const struct replay *r, const struct trace_left *left,
                       const struct replay_row *rows, size_t n)
{
    json_t *all = must(json_array()), *root;

    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, row_json(&rows[i]));
    root = must(json_pack("{s:I, s:I, s:o, s:o}", "messages", (json_int_t)r->n,
                          "attempts", (json_int_t)r->attempts, "left_out",
                          left_json(r, left), "results", all));
    json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(root);
}
