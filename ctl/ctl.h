/* What the commands of tarryctl share. */
#ifndef TARRY_CTL_H
#define TARRY_CTL_H

#include <stdbool.h>

struct question {
    const char *socket; /* NULL: as the file says */
    const char *file;
    /* How it was called: its name, and "-s" or "-f" if one was needed. */
    const char *program, *option;
    bool json;
    int argc; /* what stands behind the command */
    char **argv;
    char **words; /* the same; the last is NULL */
};

#define CTL_USAGE (-1) /* not an exit code: the command was wrong */

/* tarryctl senders ...: a code of sysexits(3). */
int ctl_senders(const struct question *q);

/* tarryctl queue ...: a code of sysexits(3), or CTL_USAGE. */
int ctl_queue(const struct question *q);

#endif
