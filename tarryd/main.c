/*
 * tarryd: starts the programs that receive mail, and keeps them running.
 * This file reads the arguments; run.c does the rest.
 */
#include "tarryd/tarryd.h"
#include "tarryd/version.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

static int usage(void)
{
    fprintf(stderr, "usage: tarryd [-nFV] [-f file]\n");
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    struct options o = {.file = SYSCONF "/tarry.conf"};
    int c;

    while ((c = getopt(argc, argv, "nFVf:")) != -1) {
        switch (c) {
        case 'n':
            o.check_only = true;
            break;
        case 'F':
            o.foreground = true;
            break;
        case 'f':
            o.file = optarg;
            break;
        case 'V':
            printf("tarryd %s\n", TARRY_VERSION);
            return EX_OK;
        default:
            return usage();
        }
    }
    return optind == argc ? tarryd_run(&o) : usage();
}
