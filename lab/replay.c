/*
 * tarrylab replay: reads logs, replays them, and prints the settings side by
 * side, the log itself first.
 *
 * --vary names values of one setting: each makes a row of its own, with all
 * else as the settings named last.
 */
#include "lab/replay.h"
#include "lab/commands.h"
#include "lab/load.h"
#include "lab/replay_print.h"
#include "lib/log.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define SETTINGS 32
#define LINE     8192

struct replaying {
    struct replay replay;
    struct trace_reader reader;
    char *names[SETTINGS]; /* "tarry", "tarry,delay=1m" */
    struct receiver *at[SETTINGS];
    size_t n;
    const char *base; /* that --vary changes */
    bool json;
    struct replay_row rows[SETTINGS + 1]; /* the log's first */
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

/* Settings to replay under, by name; false when there are too many. */
static bool add(struct replaying *p, const char *base, const char *change)
{
    size_t size = strlen(base) + strlen(change) + 2;

    if (p->n == SETTINGS)
        return false;
    p->names[p->n] = xcalloc(1, size);
    snprintf(p->names[p->n++], size, "%s%s%s", base, *change != '\0' ? "," : "",
             change);
    return true;
}

/* "delay=1m,5m,15m": a row for each value. */
static bool vary(struct replaying *p, const char *text)
{
    const char *equals = strchr(text, '=');
    char *copy, *rest, *value, change[128];
    bool fits = equals != NULL;

    if (p->base == NULL) {
        p->base = "tarry";
        fits = fits && add(p, p->base, "");
    }
    copy = rest = xstrdup(fits ? equals + 1 : "");
    while (fits && (value = strsep(&rest, ",")) != NULL) {
        snprintf(change, sizeof(change), "%.*s=%s", (int)(equals - text), text,
                 value);
        fits = add(p, p->base, change);
    }
    free(copy);
    return fits;
}

static const struct option long_options[] = {
    {"etc", required_argument, NULL, 'e'},
    {"settings", required_argument, NULL, 's'},
    {"vary", required_argument, NULL, 'v'},
    {"greylisting", required_argument, NULL, 'g'},
    {"year", required_argument, NULL, 'y'},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0}};

static bool take_options(int argc, char **argv, struct replaying *p)
{
    int c;
    bool good = true;

    optind = 1;
    while (good &&
           (c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (c == 'e') {
            load_from(optarg);
        } else if (c == 's') {
            p->base = optarg;
            good = add(p, optarg, "");
        } else if (c == 'v') {
            good = vary(p, optarg);
        } else if (c == 'g') {
            p->reader.also = optarg;
        } else if (c == 'y') {
            p->reader.year = atoi(optarg);
        } else {
            p->json = true;
            good = c == 'j';
        }
    }
    return good && optind < argc && p->reader.year > 1969;
}

static int load(struct replaying *p)
{
    for (size_t i = 0; i < p->n; i++)
        if ((p->at[i] = load_receiver(p->names[i])) == NULL)
            return EX_CONFIG;
    return EX_OK;
}

static int replay(struct replaying *p, char **paths)
{
    for (; *paths != NULL; paths++)
        if (read_log(p, *paths) != 0)
            return EX_NOINPUT;
    trace_end(&p->reader);
    replay_ready(&p->replay);
    p->rows[0].name = "as logged";
    replay_recorded(&p->replay, &p->rows[0].result);
    for (size_t i = 0; i < p->n; i++) {
        p->rows[i + 1].name = receiver_name(p->at[i]);
        replay_run(&p->replay, p->at[i], &p->rows[i + 1].result);
    }
    if (p->json)
        replay_print_json(&p->replay, &p->reader.left, p->rows, p->n + 1);
    else
        replay_print(&p->replay, &p->reader.left, p->rows, p->n + 1);
    if (p->replay.n > 0)
        return EX_OK;
    fprintf(stderr, "tarrylab: no attempts in these logs\n");
    return EX_DATAERR;
}

static void release(struct replaying *p)
{
    for (size_t i = 0; i <= SETTINGS; i++)
        free(p->rows[i].result.delays);
    for (size_t i = 0; i < p->n; i++) {
        receiver_free(p->at[i]);
        free(p->names[i]);
    }
    trace_end(&p->reader);
    replay_release(&p->replay);
}

int lab_replay(int argc, char **argv)
{
    static struct replaying p;
    time_t now = time(NULL);
    int exit_code = EX_USAGE;

    p.reader.year = gmtime(&now)->tm_year + 1900;
    load_from(NULL);
    if (!take_options(argc, argv, &p))
        fprintf(stderr,
                "usage: tarrylab replay [--settings NAME|FILE[,KEY=VALUE ...]] "
                "...\n"
                "                       [--vary KEY=VALUE,VALUE ...] ... "
                "[--greylisting TEXT]\n"
                "                       [--year YEAR] [--json] [--etc DIR] "
                "LOG ...\n");
    else if ((exit_code = load(&p)) == EX_OK)
        exit_code = replay(&p, argv + optind);
    release(&p);
    return exit_code;
}
