/* Listening UNIX sockets. */
#ifndef TARRY_UNIX_H
#define TARRY_UNIX_H

#include "tarryd/report.h"

#include <stdbool.h>

/*
 * Binds and listens, with that mode from the first moment on, and makes the
 * folders above it.  -1 with the report saying why, and a code of sysexits(3);
 * file and option are for the report.  With exclusive it fails while somebody
 * answers there.
 */
int unix_listen(const char *path, bool exclusive, unsigned mode, int backlog,
                const char *file, const char *option, struct report *r,
                int *code);

#endif
