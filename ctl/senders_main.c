/*
 * tarryctl senders: the laboratory's verdicts over what the running receiver
 * saw.
 *
 * Five days before the time that is asked for are read as well, so that no
 * message is cut in half and what a sender earned is known.  Who is free by
 * now is asked, too: he needs no help.
 */
#include "ctl/ask.h"
#include "ctl/attempts.h"
#include "ctl/ctl.h"
#include "ctl/senders.h"
#include "ctl/since.h"
#include "ctl/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define DAYS (7 * 86400)

static bool read_words(char **words, int64_t now, int64_t *since, bool *all)
{
    *since = now - DAYS;
    *all = false;
    for (; *words != NULL; words++) {
        if (strcmp(*words, "all") == 0) {
            *all = true;
        } else if (strncmp(*words, "since=", 6) != 0) {
            fprintf(stderr,
                    "tarryctl: senders: %s: no such word; there are since= "
                    "and all\n",
                    *words);
            return false;
        } else if (!since_parse(*words + 6, now, since)) {
            fprintf(stderr, "tarryctl: %s: " SINCE_MISTAKE "\n", *words);
            return false;
        }
    }
    return true;
}

static int read_attempts(struct senders *s, struct attempts *from)
{
    struct attempt a;
    int code = EX_OK, more;

    while ((more = attempts_next(from, &a, &code)) > 0)
        if (!senders_add(s, &a)) {
            fprintf(stderr, "tarryctl: the history is too large to be judged "
                            "at once; ask for less by since=\n");
            return EX_DATAERR;
        }
    return code;
}

/* A line of the list is {"identity": ..., ...}. */
static int read_free(struct senders *s, const char *socket)
{
    int code = EX_OK;
    char *answer = ask(socket, "greylist list state=free", &code), *save = NULL;

    if (answer == NULL)
        return code;
    for (char *l = strtok_r(answer, "\n", &save); l != NULL;
         l = strtok_r(NULL, "\n", &save)) {
        json_t *o = json_loads(l, 0, NULL);
        const char *identity =
            json_string_value(json_object_get(o, "identity"));

        if (identity != NULL)
            senders_add_free(s, identity);
        json_decref(o);
    }
    free(answer);
    return EX_OK;
}

/* The command as it was given, so that what is printed can be copied. */
static bool own_name(const struct question *q, char out[EXEMPT_TEXT])
{
    out[0] = '\0';
    if (!text_shell(q->program, out, EXEMPT_TEXT))
        return false;
    return q->option == NULL ||
           (text_shell(q->option, out, EXEMPT_TEXT) &&
            text_shell(q->option[1] == 's' ? q->socket : q->file, out,
                       EXEMPT_TEXT));
}

static int report(const struct question *q, struct senders *s,
                  const struct attempts_settings *settings, bool all)
{
    char name[EXEMPT_TEXT];
    struct senders_reader r = {.all = all};

    r.observing = strcmp(settings->mode, "observe") == 0;
    r.empty = settings->kept == 0;
    r.tarryctl = own_name(q, name) ? name + 1 : "tarryctl";
    if (strcmp(settings->mode, "off") == 0)
        fprintf(stderr, "tarryctl: greylisting is off (greylist.mode), so "
                        "attempts are not kept\n");
    if (q->json)
        senders_json(s, &r);
    else
        senders_print(s, &r);
    if (fflush(stdout) == 0)
        return EX_OK;
    fprintf(stderr, "tarryctl: %s\n", strerror(errno));
    return EX_IOERR;
}

int ctl_senders(const struct question *q)
{
    struct attempts_settings settings;
    struct senders_question asked = {.now = time(NULL)};
    struct attempts *from;
    struct senders *s;
    int64_t start;
    bool all;
    int code = EX_OK;

    if (!read_words(q->words, asked.now, &asked.since, &all))
        return EX_USAGE;
    start = asked.since > SENDERS_LIFETIME ? asked.since - SENDERS_LIFETIME : 0;
    from = attempts_open(q->socket, start, (char *[]){NULL}, &settings, &code);
    if (from == NULL)
        return code;
    s = senders_new();
    code = read_attempts(s, from);
    attempts_close(from);
    if (code == EX_OK && settings.auto_allow > 0)
        code = read_free(s, q->socket);
    if (code == EX_OK) {
        asked.delay_sec = settings.delay_sec;
        asked.window_sec = settings.window_sec;
        asked.auto_allow = settings.auto_allow;
        senders_judge(s, &asked);
        code = report(q, s, &settings, all);
    }
    senders_release(s);
    return code;
}
