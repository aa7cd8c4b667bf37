/* A postgrey's database as a dump of ours. */
#ifndef TARRY_CTL_GREYLIST_POSTGREY_H
#define TARRY_CTL_GREYLIST_POSTGREY_H

#include <stdio.h>

/*
 * Reads the folder ("/var/lib/postgrey"), which stays as it is, and returns a
 * temporary file with the dump, at its beginning.  NULL with *code one of
 * sysexits(3), when the reason is on stderr.
 */
FILE *postgrey_dump(const char *folder, int *code);

#endif
