/*
 * Reads a file of dialogues into steps: see README.md for the format. What
 * is short to write is made long here: "after:" becomes the lines that it
 * stands for, a line with a count becomes that many steps, and braces become
 * octets, so that the players know of none of it.
 */
#include "tests/dialogue/run.h"

#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct parser {
    const char *file;
    unsigned line;
    struct dialogues *out;
    struct dialogue *d; /* the one being read */
};

static _Noreturn void mistake(const struct parser *p, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", p->file, p->line, what);
    exit(EX_DATAERR);
}

static void add(struct parser *p, enum step_kind kind, const char *text,
                unsigned n, bool crlf)
{
    struct dialogue *d = p->d;
    size_t len;
    char *octets = expand(text, n, &len);
    if (!octets)
        mistake(p, "braces that mean nothing");
    if (crlf) {
        octets = xrealloc(octets, len + 3, 1);
        memcpy(octets + len, "\r\n", 3);
        len += 2;
    }
    d->steps = xrealloc(d->steps, d->n + 1, sizeof *d->steps);
    d->steps[d->n++] = (struct step){kind, p->line, len, octets};
}

/* The lines that "after:" stands for. */
static void prelude(struct parser *p, const char *upto)
{
    static const struct {
        const char *name;
        const char *say;
        const char *hear;
    } lines[] = {
        {"GREETING", NULL, "220 *"},
        {"EHLO", "EHLO " CLIENT_NAME, "250 ..."},
        {"MAIL", "MAIL FROM:<sender@example.com>", "250 2.1.0 *"},
        {"RCPT", "RCPT TO:<alice@example.org>", "250 2.1.5 *"},
        {"DATA", "DATA", "354 *"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (lines[i].say)
            add(p, STEP_CLIENT, lines[i].say, 0, true);
        add(p, STEP_SERVER, lines[i].hear, 0, false);
        if (!strcmp(lines[i].name, upto))
            return;
    }
    mistake(p, "after: what?");
}

static void only(struct parser *p, const char *words)
{
    static const char *const names[] = {"pure", "live",  "plain",
                                        "tls",  "whole", "split"};
    char *copy = xstrdup(words), *save = NULL;
    for (char *w = strtok_r(copy, " ", &save); w;
         w = strtok_r(NULL, " ", &save)) {
        size_t i = 0;
        while (i < 6 && strcmp(w, names[i]))
            i++;
        if (i == 6)
            mistake(p, "only: where?");
        p->d->only |= 1u << i;
    }
    free(copy);
}

static void client(struct parser *p, const char *text)
{
    char *name;
    free(p->d->client);
    p->d->client = xstrdup(text);
    p->d->only |= PLACE_PURE;
    name = strchr(p->d->client, ' ');
    if (name) {
        *name = '\0';
        p->d->client_verified = name + 1;
    }
}

/* Beside the file of dialogues. */
static void greylist(struct parser *p, const char *path)
{
    const char *slash = strrchr(p->file, '/');
    int len = slash ? (int)(slash + 1 - p->file) : 0;
    if (asprintf(&p->d->greylist, "%.*s%s", len, p->file, path) < 0)
        fatal(EX_OSERR, "out of memory");
    p->d->only |= PLACE_PURE;
}

/* Lines that come before a dialogue. */
static bool head_line(struct parser *p, const char *key, const char *text)
{
    if (!strcmp(key, "set"))
        p->d->settings = xstrdup(text);
    else if (!strcmp(key, "only"))
        only(p, text);
    else if (!strcmp(key, "client"))
        client(p, text);
    else if (!strcmp(key, "greylist"))
        greylist(p, text);
    else if (!strcmp(key, "after"))
        prelude(p, text);
    else
        return false;
    if (p->d->n && strcmp(key, "after"))
        mistake(p, "this belongs before the dialogue");
    return true;
}

static const struct keyword {
    const char *key;
    enum step_kind kind;
    bool crlf;
    unsigned only; /* what it implies */
} keywords[] = {
    {"C", STEP_CLIENT, true, 0},
    {"R", STEP_CLIENT, false, 0},
    {"S", STEP_SERVER, false, 0},
    {"HAS", STEP_HAS, false, 0},
    {"HAS NOT", STEP_HAS_NOT, false, 0},
    {"TO", STEP_TO, false, 0},
    {"FROM", STEP_FROM, false, 0},
    {"H", STEP_FIELD, false, 0},
    {"H NOT", STEP_FIELD_NOT, false, 0},
    {"D", STEP_BODY, false, 0},
    {"OCTETS", STEP_OCTETS, false, 0},
    {"house", STEP_HOUSE, false, PLACE_PURE},
    {"END", STEP_END, false, PLACE_PURE},
    {"CLIENT", STEP_FROM_CLIENT, false, PLACE_PURE},
    {"AGAIN", STEP_AGAIN, false, PLACE_PURE},
    {"NEXT", STEP_NEXT, false, 0},
    {"TLS", STEP_TLS, false, PLACE_PLAIN},
    {"CLOSED", STEP_CLOSED, false, 0},
    {"CLOSE", STEP_CLOSE, false, 0},
    {"IDLE", STEP_IDLE, false, 0},
};

static void step_line(struct parser *p, char *key, const char *text)
{
    const struct keyword *k = keywords, *end = k + sizeof keywords / sizeof *k;
    char *star = strchr(key, '*');
    unsigned times = 1;
    if (star) {
        times = (unsigned)strtoul(star + 1, NULL, 10);
        *star = '\0';
    }
    while (k < end && strcmp(k->key, key))
        k++;
    if (k == end || times == 0 || times > 100000)
        mistake(p, "neither a word nor a key of the format");
    p->d->only |= k->only;
    for (unsigned i = 1; i <= times; i++)
        add(p, k->kind, text, i, k->crlf);
    if (k->kind == STEP_AGAIN && *text)
        prelude(p, text);
}

static void begin_dialogue(struct parser *p, const char *name)
{
    struct dialogues *all = p->out;
    all->v = xrealloc(all->v, all->n + 1, sizeof *all->v);
    p->d = &all->v[all->n++];
    *p->d = (struct dialogue){.file = p->file, .line = p->line};
    p->d->name = xstrdup(name);
    p->d->client = xstrdup("127.0.0.1");
}

static void parse_line(struct parser *p, char *line)
{
    char *colon, *text = line + strlen(line);
    if (line[0] == '\0' || line[0] == '#')
        return;
    if (!strncmp(line, "== ", 3)) {
        begin_dialogue(p, line + 3);
        return;
    }
    if (!p->d)
        mistake(p, "a dialogue begins with == and its name");
    if (line[0] == '+') {
        p->d->only |= PLACE_PURE;
        add(p, STEP_TIME, line + 1, 0, false);
        return;
    }
    colon = strchr(line, ':');
    if (colon) {
        *colon = '\0';
        text = colon + 1 + (colon[1] == ' ');
    }
    if (!head_line(p, line, text))
        step_line(p, line, text);
}

void parse_file(const char *file, struct dialogues *out)
{
    struct parser p = {.file = file, .out = out};
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    FILE *f = fopen(file, "r");
    if (!f)
        fatal(EX_NOINPUT, "%s: %s", file, strerror(errno));
    while ((len = getline(&line, &size, f)) > 0) {
        p.line++;
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        parse_line(&p, line);
    }
    free(line);
    fclose(f);
}
