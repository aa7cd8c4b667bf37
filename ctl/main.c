/*
 * tarryctl: the administrator's command.
 *
 * It finds the control socket in the configuration file, asks tarryd, and
 * prints the answer, as a table for people or, with --json, for programs.
 * It touches no file of a running daemon.
 */
#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/greylist.h"
#include "lib/conf.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define WORDS        64
#define DEFAULT_FILE SYSCONF "/tarry.conf"

static int usage(void)
{
    fprintf(stderr,
            "usage: tarryctl [-s socket | -f file] [--json] status\n"
            "       tarryctl [-s socket | -f file] [--json] greylist "
            "list | show | allow |\n"
            "                forget | stats | dump | load | attempts ...\n"
            "       tarryctl [-s socket | -f file] [--json] senders "
            "[since=time] [all]\n"
            "       tarryctl [-s socket | -f file] [--json] reload\n"
            "       tarryctl [-s socket | -f file] [--json] queue list [what]\n"
            "       tarryctl [-s socket | -f file] [--json] queue show id\n"
            "       tarryctl [-s socket | -f file] [--json] queue stats\n"
            "       tarryctl [-s socket | -f file] queue flush [what]\n"
            "       tarryctl [-s socket | -f file] queue hold | release | "
            "remove what\n"
            "what is the number of a message, a domain, or all\n");
    return EX_USAGE;
}

/* The socket that the file names, the caller's to free. */
static int find_socket(const struct question *q, char **socket)
{
    char err[8192] = "";
    struct conf *conf = NULL;
    int fd = open(q->file, O_RDONLY | O_CLOEXEC), code = EX_OK;

    if (fd < 0) {
        code = errno == EACCES ? EX_NOPERM : EX_CONFIG;
        fprintf(stderr,
                "tarryctl: %s: %s (-s names the socket, -f another file)\n",
                q->file, strerror(errno));
        return code;
    }
    conf = conf_read_fd(q->file, fd, err, sizeof(err));
    close(fd);
    if (conf == NULL) {
        fprintf(stderr, "%s\ntarryctl: -s names the socket without the file\n",
                err);
        return EX_CONFIG;
    }
    *socket = xstrdup(conf->control.socket);
    conf_free(conf);
    return EX_OK;
}

/* Prints the rest of the answer, or what the first line complains of. */
static int status(const struct question *q)
{
    int code = EX_OK;
    char *answer = ask(q->socket, q->json ? "status json" : "status", &code);

    if (answer == NULL)
        return code;
    if (strncmp(answer, "ok\n", 3) == 0) {
        fputs(answer + 3, stdout);
    } else {
        fprintf(stderr, "tarryctl: tarryd says: %s", answer);
        code = EX_SOFTWARE;
    }
    free(answer);
    return code;
}

/* {"ok": false, "mistakes": ["...", ...]}; the answer is cut up. */
static void print_json(bool ok, char *mistakes)
{
    json_t *list = json_array();
    char *save = NULL;

    for (char *l = strtok_r(mistakes, "\n", &save); l != NULL;
         l = strtok_r(NULL, "\n", &save))
        if (json_array_append_new(list, json_string(l)) != 0)
            json_array_append_new(list, json_string("(not UTF-8)"));
    list = json_pack("{s:b, s:o}", "ok", ok, "mistakes", list);
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(list);
}

static int reload(const struct question *q)
{
    int code = EX_OK;
    char *answer = ask(q->socket, "reload", &code), *body;
    bool ok;

    if (answer == NULL)
        return code;
    ok = strncmp(answer, "ok\n", 3) == 0;
    body = strchr(answer, '\n') + 1;
    if (q->json)
        print_json(ok, body);
    else if (ok)
        printf("reloaded\n");
    else
        fprintf(stderr, "%starryctl: not reloaded: the old settings stay\n",
                body);
    free(answer);
    return ok ? EX_OK : EX_CONFIG;
}

static int greylist(const struct question *q)
{
    return greylist_command(q->socket, q->json, q->words);
}

/* The commands, by name; the last row is "unknown". */
static const struct command {
    const char *name;
    int min, max; /* words behind it */
    int (*run)(const struct question *q);
} commands[] = {
    {"status", 0, 0, status},           {"reload", 0, 0, reload},
    {"greylist", 1, WORDS, greylist},   {"queue", 1, WORDS, ctl_queue},
    {"senders", 0, WORDS, ctl_senders}, {NULL, 0, 0, NULL}};

int main(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {NULL, 0, NULL, 0}};
    struct question q = {.file = DEFAULT_FILE, .program = argv[0]};
    const struct command *cmd = commands;
    char *found = NULL;
    int c, code = EX_OK;

    while ((c = getopt_long(argc, argv, "s:f:", options, NULL)) != -1) {
        if (c == 's')
            q.socket = optarg;
        else if (c == 'f')
            q.file = optarg;
        else if (c == 'j')
            q.json = true;
        else
            return usage();
    }
    if (optind == argc)
        return usage();
    q.argc = argc - optind - 1;
    q.argv = argv + optind + 1;
    while (cmd->name != NULL && strcmp(cmd->name, argv[optind]) != 0)
        cmd++;
    if (cmd->name == NULL || q.argc < cmd->min || q.argc > cmd->max)
        return usage();
    q.words = argv + optind + 1;
    if (q.socket != NULL)
        q.option = "-s";
    else if (strcmp(q.file, DEFAULT_FILE) != 0)
        q.option = "-f";
    if (q.socket == NULL) {
        code = find_socket(&q, &found);
        q.socket = found;
    }
    if (code == EX_OK)
        code = cmd->run(&q);
    free(found);
    return code == CTL_USAGE ? usage() : code;
}
