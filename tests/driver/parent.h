/*
 * Plays tarryd to one program, which a test drives by lines on standard input.
 * One program a process, so all state is the module's own.
 *
 * It writes "ready" and "refused WHY" as the program says so and, when it is
 * over, "exit CODE" or "killed SIGNAL"; that ends this process too.
 */
#ifndef TARRY_TESTS_PARENT_H
#define TARRY_TESTS_PARENT_H

#include "lib/chan.h"
#include "lib/stats.h"

/* Starts it, and sends it a configuration; parent_send(MSG_GO) comes next. */
void parent_start(const char *path, enum program program,
                  const char *configuration);
void parent_configure(const char *file);
/* GO, STOP */
void parent_send(enum msg_type type);
/* Gives it a channel to another program, which we play. */
struct chan *parent_peer(enum program self, const struct chan_ops *ops);
/* Its counters. */
void parent_stats(uint64_t counters[STAT_COUNT]);
/* Reads commands, until the program or the input ends. */
void parent_run(void (*command)(char *line));

#endif
