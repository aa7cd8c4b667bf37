/* One question to tarryd over its control socket. */
#ifndef TARRY_ASK_H
#define TARRY_ASK_H

#include <stddef.h>

/*
 * Sends the command and reads the whole answer, the caller's to free.  NULL
 * with *code one of sysexits(3), when the reason is on stderr.
 */
char *ask(const char *socket, const char *command, int *code);

/*
 * The same with the answer left to be read: the connection, or -1 with *code.
 */
int ask_open(const char *socket, const char *command, int *code);

#endif
