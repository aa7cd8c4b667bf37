/* What "tarrylab replay" found, for people and for programs. */
#ifndef TARRY_LAB_REPLAY_PRINT_H
#define TARRY_LAB_REPLAY_PRINT_H

#include "lab/replay.h"

/* One row: the log itself, or what settings would have made of it. */
struct replay_row {
    const char *name;
    struct replay_result result;
};

void replay_print(const struct replay *r, const struct trace_left *left,
                  const struct replay_row *rows, size_t n);
void replay_print_json(const struct replay *r, const struct trace_left *left,
                       const struct replay_row *rows, size_t n);

#endif
