/*
 * Reading the history from the running greylist; greylist/admin_attempts.c
 * says in which form it comes.
 *
 * One attempt is held at a time, so a history of any size takes no memory
 * here.  An answer without its end was cut short, which is an error.
 */
#include "ctl/attempts.h"

#include "ctl/ask.h"
#include "ctl/greylist.h"
#include "greylist/history_file.h"
#include "lib/log.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define LINE 1024

struct attempts {
    int fd;
    bool ended; /* nothing more comes */
    size_t have, used;
    uint8_t buffer[64 * 1024];
};

/* Moves what is left to the front, and reads more behind it. */
static void refill(struct attempts *a)
{
    ssize_t n;

    a->have -= a->used;
    memmove(a->buffer, a->buffer + a->used, a->have);
    a->used = 0;
    do
        n = read(a->fd, a->buffer + a->have, sizeof(a->buffer) - a->have);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        a->have += (size_t)n;
    a->ended = n <= 0;
}

/* A line without its end, or false if none comes. */
static bool take_line(struct attempts *a, char out[LINE])
{
    const uint8_t *at = a->buffer + a->used, *end;

    while ((end = memchr(at, '\n', a->have - a->used)) == NULL) {
        if (a->ended || a->have - a->used >= LINE)
            return false;
        refill(a);
        at = a->buffer;
    }
    if (end - at >= LINE)
        return false;
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    a->used += (size_t)(end - at) + 1;
    return true;
}

static int cut_short(int *code)
{
    fprintf(stderr, "tarryctl: the answer was cut short\n");
    *code = EX_IOERR;
    return -1;
}

static bool read_settings(const char *line, struct attempts_settings *out)
{
    json_t *o = json_loads(line, 0, NULL);
    const char *mode = "";
    json_int_t delay, window, allow, kept;
    bool fit = json_unpack(o, "{s:s, s:I, s:I, s:I, s:I}", "mode", &mode,
                           "delay", &delay, "window", &window, "auto_allow",
                           &allow, "kept", &kept) == 0;

    if (fit) {
        snprintf(out->mode, sizeof(out->mode), "%s", mode);
        out->delay_sec = (uint32_t)delay;
        out->window_sec = (uint32_t)window;
        out->auto_allow = (uint32_t)allow;
        out->kept = (uint64_t)kept;
    }
    json_decref(o);
    return fit;
}

/* "ok" and the settings. */
static bool read_head(struct attempts *a, struct attempts_settings *settings,
                      int *code)
{
    char line[LINE];

    if (!take_line(a, line)) {
        fprintf(stderr, "tarryctl: greylist did not answer\n");
        *code = EX_UNAVAILABLE;
    } else if (strncmp(line, "error ", 6) == 0) {
        fprintf(stderr, "tarryctl: %s\n", line + 6);
        *code = EX_DATAERR;
    } else if (take_line(a, line) && read_settings(line, settings)) {
        return true;
    } else {
        cut_short(code);
    }
    return false;
}

struct attempts *attempts_open(const char *socket, int64_t since, char **words,
                               struct attempts_settings *settings, int *code)
{
    struct attempts *a = xcalloc(1, sizeof(*a));
    char text[40], *all[64] = {(char[]){"attempts"}, text}, *command;
    size_t n = 2;

    snprintf(text, sizeof(text), "since=%lld", (long long)since);
    for (; *words != NULL && n < 63; words++)
        all[n++] = *words;
    command = greylist_question(all);
    a->fd = ask_open(socket, command, code);
    free(command);
    if (a->fd >= 0 && read_head(a, settings, code))
        return a;
    attempts_close(a);
    return NULL;
}

/* What is no attempt is the end of the answer. */
static int read_end(struct attempts *a, int *code)
{
    char line[LINE];

    if (!take_line(a, line))
        return cut_short(code);
    if (strcmp(line, "end") == 0)
        return 0;
    if (strncmp(line, "error ", 6) != 0)
        return cut_short(code);
    fprintf(stderr, "tarryctl: %s\n", line + 6);
    *code = EX_DATAERR;
    return -1;
}

int attempts_next(struct attempts *a, struct attempt *out, int *code)
{
    for (;;) {
        const uint8_t *at = a->buffer + a->used;
        size_t len = a->have - a->used, n = history_unpack(at, len, out);

        a->used += n;
        if (n > 0)
            return 1;
        if (a->ended || len >= HISTORY_ENTRY ||
            (len >= 2 && at[0] == 'e' && (at[1] == 'n' || at[1] == 'r')))
            return read_end(a, code);
        refill(a);
    }
}

void attempts_close(struct attempts *a)
{
    if (a->fd >= 0)
        close(a->fd);
    free(a);
}
