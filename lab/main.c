/*
 * tarrylab: the laboratory, see tarrylab(1).  Finds the command and runs it.
 */
#include "lab/commands.h"
#include "lib/log.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* The last row is "unknown". */
static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
} commands[] = {
    {"profiles", lab_profiles, "[--etc DIR] [PROFILE ...]"},
    {"simulate", lab_simulate,
     "[--json] [--html FILE] [--mix N] ... [PROFILE ...]"},
    {"send", lab_send,
     "--profile PROFILE --to ADDRESS [--speed N] ... HOST:PORT ..."},
    {"receive", lab_receive,
     "--listen ADDRESS:PORT ... [--record FILE] [--speed N] ..."},
    {"verdict", lab_verdict, "[--json] FILE"},
    {"replay", lab_replay,
     "[--settings NAME|FILE] ... [--vary KEY=VALUES] ... [--json] LOG ..."},
    {NULL, NULL, NULL}};

static int finish(int exit_code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    fprintf(stderr, "tarrylab: the output cannot be written\n");
    return EX_IOERR;
}

int main(int argc, char **argv)
{
    const struct command *c = commands;

    log_open("tarrylab");
    while (c->name != NULL && (argc < 2 || strcmp(c->name, argv[1]) != 0))
        c++;
    if (c->name != NULL)
        return finish(c->run(argc - 1, argv + 1));
    for (c = commands; c->name != NULL; c++)
        fprintf(stderr, "%s tarrylab %s %s\n",
                c == commands ? "usage:" : "      ", c->name, c->usage);
    return EX_USAGE;
}
