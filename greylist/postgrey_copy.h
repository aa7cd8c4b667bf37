/*
 * A copy of a postgrey's database, to be recovered and read. For postgrey.c
 * only.
 */
#ifndef TARRY_POSTGREY_COPY_H
#define TARRY_POSTGREY_COPY_H

#include <limits.h>

struct postgrey_copy {
    char path[PATH_MAX];
    int from, to; /* folders */
    char why[256];
};

/* In a new folder below scratch. -1 with why. */
int postgrey_copy_make(struct postgrey_copy *c, const char *directory,
                       const char *scratch);
/* Also of what could not be made. */
void postgrey_copy_remove(struct postgrey_copy *c);

#endif
