/*
 * tarryctl greylist dump, load: all records as text (dump.h), out of the
 * running program and into it, in steps.
 *
 * A line that is wrong is left out and told; the rest is loaded.
 */
#include "greylist/admin_parts.h"

#include "greylist/dump.h"
#include "lib/log.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define MISTAKES 20 /* told at most */

static bool begin_dump(struct question *q)
{
    q->state = xcalloc(1, sizeof(struct dump));
    return true;
}

static enum progress step_dump(struct question *q)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    int more = -1;

    if (f != NULL)
        more = dump_write(q->state, memory_store(q->decider->memory), f,
                          ADMIN_RECORDS);
    if (f == NULL || fclose(f) != 0)
        fatal(EX_OSERR, "out of memory");
    evbuffer_add(q->out, text, len);
    free(text);
    if (more < 0)
        return admin_fail(q, "the store fails; see the log");
    return more > 0 ? ADMIN_MORE : ADMIN_DONE;
}

struct loading {
    struct load load;
    json_t *mistakes;
};

static void on_mistake(const char *text, void *arg)
{
    struct loading *l = arg;

    if (json_array_size(l->mistakes) < MISTAKES)
        json_array_append_new(l->mistakes, admin_string(text));
}

static bool begin_load(struct question *q)
{
    struct loading *l = q->state = xcalloc(1, sizeof(*l));

    l->mistakes = json_array();
    l->load.name = "dump";
    l->load.mistake = on_mistake;
    l->load.arg = l;
    return true;
}

static enum progress say_loaded(struct question *q)
{
    struct loading *l = q->state;
    bool whole = load_end(&l->load);

    admin_say(q,
              json_pack("{s:b, s:I, s:I, s:I, s:I, s:O}", "whole", whole,
                        "triplets", (json_int_t)l->load.loaded[0], "clients",
                        (json_int_t)l->load.loaded[1], "older",
                        (json_int_t)l->load.older, "wrong",
                        (json_int_t)l->load.mistakes, "mistakes", l->mistakes));
    return ADMIN_DONE;
}

/* One line of input. 2: there is none yet; else as load_line(). */
static int take_line(struct question *q, struct loading *l)
{
    size_t len, left;
    char *line = evbuffer_readln(q->in, &len, EVBUFFER_EOL_LF);
    int rc;

    if (line == NULL) {
        left = evbuffer_get_length(q->in);
        if (left > DUMP_LINE)
            return 1;
        if (left == 0 || !q->input_ended)
            return 2;
        line = xcalloc(1, left + 1);
        evbuffer_remove(q->in, line, left);
        len = left;
    }
    rc = load_line(&l->load, memory_store(q->decider->memory), line, len);
    free(line);
    return rc;
}

static enum progress step_load(struct question *q)
{
    struct loading *l = q->state;

    for (int i = 0; i < ADMIN_LINES; i++) {
        switch (take_line(q, l)) {
        case 0:
            break;
        case 1:
            return admin_fail(q, "this is no dump of a greylist");
        case 2:
            return q->input_ended ? say_loaded(q) : ADMIN_INPUT;
        default:
            return admin_fail(q, "the store fails; see the log");
        }
    }
    return ADMIN_MORE;
}

static void end_load(struct question *q)
{
    struct loading *l = q->state;

    json_decref(l->mistakes);
    free(l);
}

const struct admin_verb admin_dump = {"dump",     0,         0,
                                      begin_dump, step_dump, NULL};
const struct admin_verb admin_load = {"load",     0,         0,
                                      begin_load, step_load, end_load};
