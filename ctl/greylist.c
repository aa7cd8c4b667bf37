/*
 * tarryctl greylist: a question to the program greylist, through tarryd, and
 * the answer as it comes, however long it is.
 *
 * An answer is "ok", lines, and "end"; lines are JSON objects, but those of a
 * dump.  Without its "end" an answer was cut short, which is an error, so that
 * half a dump is never taken for a whole one.  greylist/admin.h has the rest.
 */
#include "ctl/greylist.h"

#include "ctl/ask.h"
#include "ctl/attempts.h"
#include "ctl/greylist_postgrey.h"
#include "ctl/greylist_print.h"
#include "lib/log.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum form { FORM_ONE, FORM_LIST, FORM_RAW };

struct answer {
    FILE *from;
    FILE *input; /* what goes to greylist, or NULL */
    bool json;
    const struct verb *verb;
    unsigned long lines;
    bool incomplete; /* what was sent had no end */
};

static const struct verb {
    const char *name;
    enum form form; /* of the answer */
    bool sends;     /* a dump goes with it */
    void (*print)(const json_t *line);
} verbs[] = {{"list", FORM_LIST, false, print_record},
             {"show", FORM_LIST, false, print_record},
             {"allow", FORM_ONE, false, print_edit},
             {"forget", FORM_ONE, false, print_edit},
             {"stats", FORM_ONE, false, print_stats},
             {"dump", FORM_RAW, false, NULL},
             {"load", FORM_ONE, true, print_load},
             {NULL, FORM_ONE, false, NULL}};

static int usage(void)
{
    fprintf(stderr,
            "usage: tarryctl greylist list [client=ADDRESS] [identity=CLIENT]"
            " [sender=ADDRESS]\n"
            "                [recipient=ADDRESS] [state=STATE] [limit=N]\n"
            "       tarryctl greylist show CLIENT\n"
            "       tarryctl greylist allow CLIENT [SENDER RECIPIENT]\n"
            "       tarryctl greylist forget CLIENT [SENDER RECIPIENT]\n"
            "       tarryctl greylist stats | dump\n"
            "       tarryctl greylist attempts [since=TIME] [FILTER ...]\n"
            "       tarryctl greylist load [postgrey=FOLDER]\n");
    return EX_USAGE;
}

char *greylist_question(char **words)
{
    size_t size = sizeof("greylist");
    char *line, *out;

    for (char **w = words; *w != NULL; w++)
        size += 1 + 3 * strlen(*w);
    line = xcalloc(1, size);
    out = line + sprintf(line, "greylist");
    for (; *words != NULL; words++) {
        *out++ = ' ';
        for (const char *p = *words; *p != '\0'; p++) {
            if (*p == '%' || !isgraph((unsigned char)*p))
                out += sprintf(out, "%%%02x", (unsigned char)*p);
            else
                *out++ = *p;
        }
    }
    return line;
}

/* True if the line is just that word. */
static bool is_word(const char *line, const char *word)
{
    size_t len = strlen(word);

    return strncmp(line, word, len) == 0 && strcmp(line + len, "\n") == 0;
}

static bool is_whole(const char *line)
{
    json_t *object = json_loads(line, 0, NULL);
    bool whole = json_is_true(json_object_get(object, "whole"));

    json_decref(object);
    return whole;
}

static void print_line(struct answer *a, const char *line)
{
    json_t *object;

    a->lines++;
    if (a->verb->sends)
        a->incomplete = !is_whole(line);
    if (a->verb->form == FORM_RAW) {
        fputs(line, stdout);
        return;
    }
    if (a->json) {
        if (a->verb->form == FORM_LIST)
            fputs(a->lines == 1 ? "[\n" : ",\n", stdout);
        fwrite(line, 1, strcspn(line, "\n"), stdout);
        return;
    }
    object = json_loads(line, 0, NULL);
    if (object != NULL)
        a->verb->print(object);
    json_decref(object);
}

static void finish(const struct answer *a)
{
    if (a->json && a->verb->form == FORM_LIST)
        fputs(a->lines == 0 ? "[]" : "\n]", stdout);
    if (a->json && a->verb->form != FORM_RAW)
        putchar('\n');
    if (!a->json && a->verb->form == FORM_LIST && a->lines == 0)
        fprintf(stderr, "tarryctl: there are no such records\n");
}

static int complain(const char *line, int code)
{
    fprintf(stderr, "tarryctl: %s", line + strlen("error "));
    return code;
}

/* All behind the "ok". */
static int read_body(struct answer *a)
{
    char *line = NULL;
    size_t size = 0;
    int code = EX_IOERR;

    while (getline(&line, &size, a->from) > 0) {
        if (is_word(line, "end")) {
            code = EX_OK;
            break;
        }
        if (strncmp(line, "error ", 6) == 0) {
            code = complain(line, EX_DATAERR);
            goto done;
        }
        print_line(a, line);
    }
    if (code != EX_OK)
        fprintf(stderr, "tarryctl: the answer was cut short\n");
    else
        finish(a);
    if (code == EX_OK && a->incomplete)
        code = EX_DATAERR;
    if (fflush(stdout) != 0) {
        fprintf(stderr, "tarryctl: %s\n", strerror(errno));
        code = EX_IOERR;
    }
done:
    free(line);
    return code;
}

/* Who does not take it says why in his answer. */
static void send_input(FILE *input, int fd)
{
    char buf[65536];
    size_t n, all;
    ssize_t sent;

    while ((n = fread(buf, 1, sizeof(buf), input)) > 0)
        for (all = 0; all < n; all += (size_t)sent) {
            sent = send(fd, buf + all, n - all, MSG_NOSIGNAL);
            if (sent < 0)
                return;
        }
    shutdown(fd, SHUT_WR);
}

static int converse(struct answer *a, int fd)
{
    char *line = NULL;
    size_t size = 0;
    int code;

    if (getline(&line, &size, a->from) <= 0) {
        fprintf(stderr, "tarryctl: greylist did not answer\n");
        code = EX_UNAVAILABLE;
    } else if (strncmp(line, "error ", 6) == 0) {
        code = complain(line, EX_DATAERR);
    } else {
        if (a->input != NULL)
            send_input(a->input, fd);
        code = read_body(a);
    }
    free(line);
    return code;
}

/* What load sends: standard input, or what a word names, which is taken. */
static bool open_input(struct answer *a, char **words, int *code)
{
    a->input = stdin;
    if (words[1] == NULL)
        return true;
    if (strncmp(words[1], "postgrey=", 9) != 0) {
        *code = usage();
        return false;
    }
    a->input = postgrey_dump(words[1] + 9, code);
    words[1] = NULL;
    return a->input != NULL;
}

int greylist_command(const char *socket, bool json, char **words)
{
    struct answer a = {.json = json, .verb = verbs};
    char *command;
    int code = EX_OK, fd;

    if (strcmp(words[0], "attempts") == 0)
        return attempts_print(socket, json, words + 1);
    while (a.verb->name != NULL && strcmp(a.verb->name, words[0]) != 0)
        a.verb++;
    if (a.verb->name == NULL)
        return usage();
    if (a.verb->sends && !open_input(&a, words, &code))
        return code;
    command = greylist_question(words);
    fd = ask_open(socket, command, &code);
    free(command);
    if (fd < 0)
        return code;
    a.from = fdopen(fd, "r");
    if (a.from == NULL)
        fatal(EX_OSERR, "out of memory");
    code = converse(&a, fd);
    fclose(a.from);
    return code;
}
