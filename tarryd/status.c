/*
 * How everything is: the version, the listeners, each program with its
 * counters, and the protections that are missing.
 *
 * Counters are read from the page that a program shares with us, with
 * pread(2) and not through a mapping: a program that was taken over could
 * shrink the page, and a mapping would then end the parent.
 */
#include "tarryd/status.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/stats.h"
#include "tarryd/version.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char *state_name(const struct worker *w)
{
    static const char *const names[] = {
        [WORKER_DOWN] = "backing off",
        [WORKER_STARTING] = "starting",
        [WORKER_RUNNING] = "running",
    };

    return names[w->state];
}

/* All zero for a program that is not there. */
static void read_counters(const struct worker *w, uint64_t *counters)
{
    if (w->stats < 0 || stats_read(w->stats, counters) != 0)
        memset(counters, 0, STAT_COUNT * sizeof(*counters));
}

static int64_t uptime(const struct worker *w)
{
    return w->pid > 0 ? tarryd_clock() - w->since : 0;
}

/* "3d 4h", "4h 5m", "5m 6s", "6s". Returns out. */
static char *span(int64_t sec, char *out, size_t size)
{
    static const struct {
        int64_t sec;
        char name;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

    for (size_t i = 0; i < 3; i++)
        if (sec >= units[i].sec) {
            snprintf(out, size, "%" PRId64 "%c %" PRId64 "%c",
                     sec / units[i].sec, units[i].name,
                     sec % units[i].sec / units[i + 1].sec, units[i + 1].name);
            return out;
        }
    snprintf(out, size, "%" PRId64 "s", sec);
    return out;
}

static void text_counters(const struct worker *w, struct evbuffer *out)
{
    uint64_t counters[STAT_COUNT];

    read_counters(w, counters);
    for (size_t i = 0; i < STAT_COUNT; i++)
        if (stat_names[i].program == w->program)
            evbuffer_add_printf(out, "%-10s %-20s %12" PRIu64 "\n",
                                program_name(w->program), stat_names[i].name,
                                counters[i]);
}

void status_text(const struct tarryd *t, struct evbuffer *out)
{
    const struct conf *c = t->settings->conf;
    const char *missing = sandbox_missing();
    char up[48];

    evbuffer_add_printf(out, "tarryd %s on %s, up %s\n", TARRY_VERSION,
                        c->hostname,
                        span(tarryd_clock() - t->started, up, sizeof(up)));
    for (size_t i = 0; i < c->nlisten; i++)
        evbuffer_add_printf(out, "listening on %s\n", c->listen[i].text);
    if (missing != NULL)
        evbuffer_add_printf(out, "protections missing: %s\n", missing);
    evbuffer_add_printf(out, "\n%-10s %-12s %8s %10s %9s\n", "PROGRAM", "STATE",
                        "PID", "UP", "RESTARTS");
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++) {
        const struct worker *w = &t->workers[p];

        evbuffer_add_printf(out, "%-10s %-12s %8d %10s %9u\n",
                            program_name(w->program), state_name(w),
                            (int)w->pid, span(uptime(w), up, sizeof(up)),
                            w->restarts);
    }
    evbuffer_add_printf(out, "\n%-10s %-20s %12s\n", "PROGRAM", "COUNTER",
                        "VALUE");
    for (unsigned p = PROGRAM_PARENT + 1; p < PROGRAM_COUNT; p++)
        text_counters(&t->workers[p], out);
}

static json_t *json_counters(const struct worker *w)
{
    uint64_t counters[STAT_COUNT];
    json_t *o = json_object();

    read_counters(w, counters);
    for (size_t i = 0; i < STAT_COUNT; i++)
        if (stat_names[i].program == w->program)
            json_object_set_new(o, stat_names[i].name,
                                json_integer((json_int_t)counters[i]));
    return o;
}

static json_t *json_program(const struct worker *w)
{
    return json_pack("{s:s, s:s, s:i, s:I, s:i, s:o}", "name",
                     program_name(w->program), "state", state_name(w), "pid",
                     (int)w->pid, "uptime", (json_int_t)uptime(w), "restarts",
                     (int)w->restarts, "counters", json_counters(w));
}

void status_json(const struct tarryd *t, struct evbuffer *out)
{
    const struct conf *c = t->settings->conf;
    json_t *listen = json_array(), *programs = json_array(), *all;
    char *text;

    for (size_t i = 0; i < c->nlisten; i++)
        json_array_append_new(listen, json_string(c->listen[i].text));
    for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
        json_array_append_new(programs, json_program(&t->workers[p]));
    all = json_pack("{s:s, s:I, s:s, s:o, s:s?, s:o}", "version", TARRY_VERSION,
                    "uptime", (json_int_t)(tarryd_clock() - t->started),
                    "hostname", c->hostname, "listen", listen, "missing",
                    sandbox_missing(), "programs", programs);
    text = json_dumps(all, JSON_INDENT(2));
    if (text == NULL)
        fatal(EX_SOFTWARE, "the status does not fit JSON");
    evbuffer_add_printf(out, "%s\n", text);
    free(text);
    json_decref(all);
}
