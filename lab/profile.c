/*
 * Reads a profile, see profile.h and tarry-profile(5).
 *
 * A line is a key and its values; '#' begins a comment.  A key may stand once,
 * but for "on", whose later lines win.  All mistakes of a file are reported.
 * What is not said is what RFC 5321 wants: 4xx and a lost connection are
 * retried, 5xx bounces.
 *
 * Refused: a sender that would never end: whose times go on, without a
 * lifetime or a number of attempts.
 */
#include "lab/profile_parts.h"

#include "lab/clean.h"

#include "lib/address.h"
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 80
#define LINE  1024

struct reading {
    const char *file;
    unsigned line;
    struct profile *p;
    bool seen[32]; /* by row of profile_keys */
    char *err;
    size_t size, used;
};

__attribute__((format(printf, 3, 4))) static void
mistake(struct reading *r, const char *key, const char *fmt, ...)
{
    va_list ap;
    char what[256];

    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    if (r->used >= r->size)
        return;
    r->used +=
        (size_t)snprintf(r->err + r->used, r->size - r->used, "%s%s:%u: %s: %s",
                         r->used > 0 ? "\n" : "", r->file, r->line, key, what);
}

static const struct profile_key *find_key(struct reading *r, const char *name)
{
    const struct profile_key *k = profile_keys;

    while (k->name != NULL && strcmp(k->name, name) != 0)
        k++;
    if (k->name == NULL) {
        mistake(r, name, "unknown");
        return NULL;
    }
    if (r->seen[k - profile_keys] && !k->often) {
        mistake(r, name, "stands twice");
        return NULL;
    }
    r->seen[k - profile_keys] = true;
    return k;
}

static void read_line(struct reading *r, char *line)
{
    const struct profile_key *k;
    char *words[WORDS], *save = NULL;
    const char *wrong;
    size_t n = 0;

    line[strcspn(line, "#")] = '\0';
    for (char *w = strtok_r(line, " \t", &save); w != NULL;
         w = strtok_r(NULL, " \t", &save))
        if (n < WORDS)
            words[n++] = w;
    if (n == 0 || (k = find_key(r, words[0])) == NULL)
        return;
    wrong = n == 1       ? "has no value"
            : n == WORDS ? "too many values"
                         : k->read(r->p, words + 1, n - 1);
    if (wrong != NULL)
        mistake(r, k->name, "%s", wrong);
}

static void read_lines(struct reading *r, const char *text, size_t len)
{
    const char *end = text + len;
    char line[LINE];

    for (r->line = 1; text < end; r->line++) {
        const char *nl = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((nl != NULL ? nl : end) - text), all = n;

        if (n > 0 && text[n - 1] == '\r')
            n--;

        if (n >= sizeof(line) || !clean_is(text, n)) {
            mistake(r, "line", "is too long, or no text");
        } else {
            memcpy(line, text, n);
            line[n] = '\0';
            read_line(r, line);
        }
        text += all + 1;
    }
}

static void set_defaults(struct profile *p)
{
    for (int step = 0; step < STEP_COUNT; step++)
        p->react[step][CLASS_5XX] = REACT_BOUNCE;
    p->at_end = REACT_BOUNCE;
    p->last_step = STEP_DOT;
    p->addresses = 1;
    p->weight = 10;
    p->patience_sec = PROFILE_PATIENCE;
}

static void set_name(struct reading *r)
{
    const char *base = strrchr(r->file, '/');
    size_t n;

    base = base != NULL ? base + 1 : r->file;
    n = strlen(base);
    if (n > 8 && strcmp(base + n - 8, ".profile") == 0)
        n -= 8;
    if (n >= PROFILE_NAME || !address_is_hostname(base, n))
        mistake(r, "file", "its name must be letters, digits, '-' and '.'");
    else
        memcpy(r->p->name, base, n);
}

/* What only makes sense together. */
static void check(struct reading *r)
{
    const struct profile *p = r->p;
    const char *wrong = p->schedule ? profile_schedule(r->p) : NULL;

    if (wrong != NULL)
        mistake(r, "schedule", "%s", wrong);
    if (p->growth != GROWTH_STOP && p->lifetime_sec == 0 && p->attempts == 0)
        mistake(r, "then",
                "wants a \"lifetime\" or \"attempts\": it would "
                "never end");
    if (p->growth == GROWTH_TIMES &&
        (p->ntimes == 0 || p->time_sec[p->ntimes - 1] == 0))
        mistake(r, "then", "\"times\" wants a wait before it");
    if (p->growth == GROWTH_TIMES && p->growth_percent < 100)
        mistake(r, "then", "waits cannot become shorter");
    if (p->growth != GROWTH_STOP && p->growth != GROWTH_TIMES &&
        p->growth_sec == 0)
        mistake(r, "then", "no time would pass");
    if (p->title[0] == '\0')
        mistake(r, "title", "is missing");
}

struct profile *profile_parse(const char *file, const char *text, size_t len,
                              char *err, size_t size)
{
    struct reading r = {.file = file, .err = err, .size = size};

    r.p = xcalloc(1, sizeof(*r.p));
    err[0] = '\0';
    set_defaults(r.p);
    r.line = 1;
    set_name(&r);
    read_lines(&r, text, len);
    check(&r);
    if (r.used == 0)
        return r.p;
    free(r.p);
    return NULL;
}
