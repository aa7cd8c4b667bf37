/*
 * The control socket: tarryctl asks a line, and is answered "ok" or
 * "error ...", then a body, then the end of the connection.
 */
#ifndef TARRY_CONTROL_H
#define TARRY_CONTROL_H

#include "tarryd/tarryd.h"

/*
 * Opens the socket, mode 0600.  One that nobody answers is replaced.  The
 * descriptor, or -1 with *code one of sysexits(3) and the reason reported.
 */
int control_open(const struct conf *c, struct report *r, int *code);

/* Serves it; takes the descriptor over. */
struct control *control_new(struct tarryd *t, int fd);
void control_free(struct control *c); /* NULL is fine */

/* A reload has ended, well if the report is empty: who waits is answered. */
void control_reloaded(struct control *c, unsigned number,
                      const struct report *failure);

#endif
