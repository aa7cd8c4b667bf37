/*
 * tarrylab replay: reads logs, replays them, and prints the settings side by
 * side, the log itself first.
 */
#include "lab/replay.h"
#include "lab/commands.h"
#include "lab/load.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define SETTINGS 8
#define LINE     8192

struct replaying {
    struct replay replay;
    struct trace_reader reader;
    struct receiver *at[SETTINGS];
    size_t n;
    bool json;
    struct replay_result results[SETTINGS + 1]; /* the log's first */
};

static int read_log(struct replaying *p, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *f = is_stdin ? stdin : fopen(path, "re");
    char text[LINE];
    struct trace_line l;
    int failed;

    if (f == NULL) {
        fprintf(stderr, "tarrylab: %s: %s\n", path, strerror(errno));
        return -1;
    }
    while (fgets(text, sizeof(text), f) != NULL)
        switch (trace_read(&p->reader, text, &l)) {
        case TRACE_ATTEMPT:
            replay_add(&p->replay, &l);
            break;
        case TRACE_UNFIT:
            p->replay.unfit++;
            break;
        case TRACE_OTHER:
            break;
        }
    failed = ferror(f);
    if (failed)
        fprintf(stderr, "tarrylab: %s: cannot be read\n", path);
    if (!is_stdin)
        fclose(f);
    return failed ? -1 : 0;
}

static const char *name_of(const struct replaying *p, size_t i)
{
    return i == 0 ? "as logged" : receiver_name(p->at[i - 1]);
}

static double share(size_t n, size_t of)
{
    return of > 0 ? 100.0 * (double)n / (double)of : 0;
}

static void print_count(const struct replaying *p, const char *what,
                        size_t offset)
{
    printf("%-22s", what);
    for (size_t i = 0; i <= p->n; i++) {
        const struct replay_result *r = &p->results[i];
        size_t n;

        memcpy(&n, (const char *)r + offset, sizeof(n));
        printf(" %9zu %4.0f%%", n, share(n, r->messages));
    }
    putchar('\n');
}

static void print_delay(const struct replaying *p, const char *what,
                        unsigned percent)
{
    printf("%-22s", what);
    for (size_t i = 0; i <= p->n; i++) {
        uint32_t sec = replay_delay(&p->results[i], percent);
        char text[32];

        snprintf(text, sizeof(text), "%u:%02u:%02u", sec / 3600, sec / 60 % 60,
                 sec % 60);
        printf(" %15s", p->results[i].delayed > 0 ? text : "-");
    }
    putchar('\n');
}

static void print_text(const struct replaying *p)
{
    printf("%zu messages, %u lines that could not be read\n\n%-22s",
           p->replay.n, p->replay.unfit, "");
    for (size_t i = 0; i <= p->n; i++)
        printf(" %15.15s", name_of(p, i));
    putchar('\n');
    print_count(p, "taken at once", offsetof(struct replay_result, at_once));
    print_count(p, "taken after a delay",
                offsetof(struct replay_result, delayed));
    print_count(p, "  of them guessed",
                offsetof(struct replay_result, guessed));
    print_count(p, "stopped: never back",
                offsetof(struct replay_result, stopped));
    print_count(p, "lost, though it retried",
                offsetof(struct replay_result, lost));
    print_count(p, "still waiting", offsetof(struct replay_result, waiting));
    print_delay(p, "delay of half", 50);
    print_delay(p, "  of nine in ten", 90);
    print_delay(p, "  longest", 100);
}

static void print_json(const struct replaying *p)
{
    json_t *all = json_array(), *root;

    for (size_t i = 0; i <= p->n; i++) {
        const struct replay_result *r = &p->results[i];

        json_array_append_new(
            all,
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
                      "settings", name_of(p, i), "at_once",
                      (json_int_t)r->at_once, "delayed", (json_int_t)r->delayed,
                      "guessed", (json_int_t)r->guessed, "stopped",
                      (json_int_t)r->stopped, "lost", (json_int_t)r->lost,
                      "waiting", (json_int_t)r->waiting, "attempts",
                      (json_int_t)r->attempts, "delay_50",
                      (json_int_t)replay_delay(r, 50), "delay_90",
                      (json_int_t)replay_delay(r, 90), "delay_100",
                      (json_int_t)replay_delay(r, 100)));
    }
    root = json_pack("{s:I, s:i, s:o}", "messages", (json_int_t)p->replay.n,
                     "unfit", (int)p->replay.unfit, "results", all);
    json_dumpf(root, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(root);
}

static const struct option long_options[] = {
    {"etc", required_argument, NULL, 'e'},
    {"settings", required_argument, NULL, 's'},
    {"year", required_argument, NULL, 'y'},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0}};

/* EX_OK, or what is wrong; messages are on stderr then. */
static int take_options(int argc, char **argv, struct replaying *p)
{
    int c;

    optind = 1;
    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (c == 'e') {
            load_from(optarg);
        } else if (c == 's' && p->n < SETTINGS) {
            p->at[p->n] = load_receiver(optarg);
            if (p->at[p->n] == NULL)
                return EX_CONFIG;
            p->n++;
        } else if (c == 'y') {
            p->reader.year = atoi(optarg);
        } else if (c == 'j') {
            p->json = true;
        } else {
            return EX_USAGE;
        }
    }
    return optind < argc && p->reader.year > 1969 ? EX_OK : EX_USAGE;
}

static int replay(struct replaying *p, char **paths)
{
    for (; *paths != NULL; paths++)
        if (read_log(p, *paths) != 0)
            return EX_NOINPUT;
    replay_ready(&p->replay);
    if (p->replay.n == 0) {
        fprintf(stderr, "tarrylab: no attempts in these logs\n");
        return EX_DATAERR;
    }
    replay_recorded(&p->replay, &p->results[0]);
    for (size_t i = 0; i < p->n; i++)
        replay_run(&p->replay, p->at[i], &p->results[i + 1]);
    if (p->json)
        print_json(p);
    else
        print_text(p);
    return EX_OK;
}

int lab_replay(int argc, char **argv)
{
    struct replaying p = {0};
    time_t now = time(NULL);
    int exit_code;

    p.reader.year = gmtime(&now)->tm_year + 1900;
    exit_code = take_options(argc, argv, &p);
    if (exit_code == EX_USAGE)
        fprintf(stderr, "usage: tarrylab replay [--settings NAME|FILE] ... "
                        "[--year YEAR] [--json]\n"
                        "                       [--etc DIR] LOG ...\n");
    else if (exit_code == EX_OK)
        exit_code = replay(&p, argv + optind);
    for (size_t i = 0; i <= SETTINGS; i++)
        free(p.results[i].delays);
    for (size_t i = 0; i < p.n; i++)
        receiver_free(p.at[i]);
    replay_release(&p.replay);
    return exit_code;
}
