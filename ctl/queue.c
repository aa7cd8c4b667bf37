/*
 * tarryctl queue: looks at the queue and changes it.  tarryd hands the
 * question to queue, which answers.
 */
#include "ctl/ask.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct {
    const char *name;
    int min, max; /* arguments */
} verbs[] = {{"list", 0, 1},  {"show", 1, 1}, {"stats", 0, 0},
             {"flush", 0, 1}, {"hold", 1, 1}, {"release", 1, 1},
             {"remove", 1, 1}};

static bool is_right(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (argc > 0 && strcmp(argv[0], verbs[i].name) == 0)
            return argc - 1 >= verbs[i].min && argc - 1 <= verbs[i].max;
    return false;
}

int ctl_queue(const struct question *q)
{
    char command[256], *answer;
    int code = EX_OK;

    if (!is_right(q->argc, q->argv))
        return CTL_USAGE;
    if (snprintf(command, sizeof(command), "queue %s%s%s%s", q->argv[0],
                 q->json ? " json" : "", q->argc > 1 ? " " : "",
                 q->argc > 1 ? q->argv[1] : "") >= (int)sizeof(command) ||
        strpbrk(command, "\r\n") != NULL)
        return CTL_USAGE;
    answer = ask(q->socket, command, &code);
    if (answer == NULL)
        return code;
    if (strncmp(answer, "ok\n", 3) == 0) {
        fputs(answer + 3, stdout);
    } else {
        fprintf(stderr, "tarryctl: %s",
                strncmp(answer, "error ", 6) == 0 ? answer + 6 : answer);
        code = EX_DATAERR;
    }
    free(answer);
    return code;
}
