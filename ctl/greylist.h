/*
 * tarryctl greylist: list, show, allow, forget, stats, dump, load, attempts.
 */
#ifndef TARRY_CTL_GREYLIST_H
#define TARRY_CTL_GREYLIST_H

#include <stdbool.h>

/*
 * Asks and prints. words are those behind "greylist", with a final NULL.
 * Returns a code of sysexits(3); what went wrong is on stderr.
 */
int greylist_command(const char *socket, bool json, char **words);

/*
 * The line to greylist: "greylist VERB WORD...", with %20 for a space in a
 * word. The caller's to free.
 */
char *greylist_question(char **words);

#endif
