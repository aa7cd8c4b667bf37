/*
 * The administrator's questions: tarryctl's connections, which tarryd hands
 * over with the first line read.
 *
 *   answer     "ok\n" or "error TEXT\n"; after "ok" a body, whose last line is
 *              "end\n" (cut off before the client sees it) or "error TEXT\n"
 *   load       the client sends the dump after the "ok", then shuts down its
 *              side; the body follows
 *   attempts   the body is a line and attempts as octets (admin_attempts.c)
 */
#ifndef TARRY_GREYLIST_ADMIN_H
#define TARRY_GREYLIST_ADMIN_H

#include "greylist/decide.h"

struct admin;

struct admin *admin_new(struct event_base *base, struct decider *d);
void admin_free(struct admin *a); /* NULL is fine */

/* Answers the command on the connection, which is taken over. */
void admin_open(struct admin *a, int fd, const char *command);

#endif
