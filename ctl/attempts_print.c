/*
 * tarryctl greylist attempts: the history as lines of tarryd's log, which
 * tarrylab replay reads, and whatever else reads the log; or as JSON.
 *
 * The history knows seconds, and neither the session nor why a client was
 * free; "reason" is "client" then.  In front stands no process, since the
 * attempts may be older than the one that runs.
 */
#include "ctl/attempts.h"

#include "ctl/since.h"
#include "ctl/text_json.h"
#include "greylist/judge.h"
#include "lib/log.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

/* It would have been deferred, but for the mode. */
static bool is_observed(const struct attempt *a)
{
    return a->passed && a->decision <= DECISION_EARLY;
}

static void print_line(const struct attempt *a)
{
    struct log_line l = {.level = LOG_LEVEL_INFO};
    char client[NETADDR_TEXT];
    time_t t = (time_t)a->time;
    struct tm tm;

    gmtime_r(&t, &tm);
    l.len = strftime(l.text, sizeof(l.text),
                     "%Y-%m-%dT%H:%M:%S.000Z greylist: event=greylist", &tm);
    log_str(&l, "client", netaddr_text(&a->client, client, sizeof(client)));
    log_str(&l, "identity", a->identity);
    log_str(&l, "from", a->sender);
    log_str(&l, "to", a->recipient);
    log_str(&l, "decision", a->passed && !is_observed(a) ? "pass" : "defer");
    log_str(&l, "reason", judge_decision_word(a->decision));
    if (a->waited_sec > 0)
        log_int(&l, "waited", a->waited_sec);
    if (is_observed(a))
        log_str(&l, "mode", "observe");
    log_int(&l, "code", a->reply);
    log_str(&l, "helo", a->helo);
    fwrite(l.text, 1, l.len, stdout);
    putchar('\n');
}

static void print_object(const struct attempt *a)
{
    char client[NETADDR_TEXT];
    json_t *o = json_pack(
        "{s:I, s:s, s:b, s:i, s:I, s:o, s:s, s:o, s:o, s:o}", "time",
        (json_int_t)a->time, "decision", judge_decision_word(a->decision),
        "passed", a->passed, "reply", (int)a->reply, "waited",
        (json_int_t)a->waited_sec, "identity", text_json(a->identity), "client",
        netaddr_text(&a->client, client, sizeof(client)), "helo",
        text_json(a->helo), "sender", text_json(a->sender), "recipient",
        text_json(a->recipient));

    json_dumpf(o, stdout, JSON_COMPACT);
    json_decref(o);
}

static int print_all(struct attempts *from, bool json)
{
    struct attempt a;
    unsigned long lines = 0;
    int code = EX_OK, more;

    while ((more = attempts_next(from, &a, &code)) > 0) {
        if (!json) {
            print_line(&a);
            continue;
        }
        fputs(lines++ == 0 ? "[\n" : ",\n", stdout);
        print_object(&a);
    }
    if (json && more == 0)
        fputs(lines == 0 ? "[]\n" : "\n]\n", stdout);
    if (fflush(stdout) != 0 && code == EX_OK) {
        fprintf(stderr, "tarryctl: %s\n", strerror(errno));
        code = EX_IOERR;
    }
    return code;
}

/* Takes since= out of the words, 0 if there is none. */
static bool take_since(char **words, int64_t *out)
{
    char **to = words;

    *out = 0;
    for (; *words != NULL; words++)
        if (strncmp(*words, "since=", 6) != 0) {
            *to++ = *words;
        } else if (!since_parse(*words + 6, time(NULL), out)) {
            fprintf(stderr, "tarryctl: %s: " SINCE_MISTAKE "\n", *words);
            return false;
        }
    *to = NULL;
    return true;
}

int attempts_print(const char *socket, bool json, char **words)
{
    struct attempts_settings settings;
    struct attempts *a;
    int64_t since;
    int code = EX_OK;

    if (!take_since(words, &since))
        return EX_USAGE;
    a = attempts_open(socket, since, words, &settings, &code);
    if (a == NULL)
        return code;
    code = print_all(a, json);
    attempts_close(a);
    return code;
}
