/*
 * Fuzzes the reading of logs: strangers' words stand in them.  Each line of
 * the input is one of the log; what is an attempt can be replayed.
 */
#include "lab/replay.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_reader reader = {.year = 2026};
    struct replay r = {0};
    struct trace_line l;
    char *text = malloc(size + 1), *rest = text, *line;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL)
        if (trace_read(&reader, line, &l) == TRACE_ATTEMPT) {
            assert(l.client.family == 4 || l.client.family == 6);
            replay_add(&r, &l);
        }
    trace_end(&reader);
    replay_ready(&r);
    assert(r.attempts + r.twice <= size);
    replay_release(&r);
    free(text);
    return 0;
}
