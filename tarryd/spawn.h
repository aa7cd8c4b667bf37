/* Starting a program with nothing but what it is given. */
#ifndef TARRY_SPAWN_H
#define TARRY_SPAWN_H

#include "lib/program.h"

#include <sys/types.h>

/*
 * Finds the folder that has the executables of all programs.  0, or -1 with
 * what was tried in tried (size octets).  Call once, before spawn().
 */
int spawn_find(char *tried, size_t size);

/*
 * Starts a program: descriptor 0 and 1 are /dev/null, 2 is our own, 3 is
 * channel and 4 stats; nothing else is open.  Its environment is clean, its
 * signals are as a new process has them, its session is its own.  Both
 * descriptors stay the caller's.  Returns the process id or -1 with errno.
 */
pid_t spawn(enum program program, int channel, int stats);

#endif
