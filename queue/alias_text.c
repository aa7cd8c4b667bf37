/*
 * The text of the aliases file, see aliases.h, into the table.
 *
 * A physical line is cut at its comment; what is left begins an alias (text
 * before the first colon is its left side) or, after white space, continues
 * one.  Right sides are lists separated by commas or lines.  Quotes protect
 * commas, colons and '#'; what an address is, address_parse() decides.
 *
 * Delivery to programs, files and included lists, which other mailers have,
 * is refused by name: deliver opens Maildirs and nothing else.
 */
#include "queue/aliases.h"

#include "lib/log.h"
#include "queue/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (16u * 1024 * 1024)

struct reader {
    const char *name;
    unsigned line;
    struct aliases *table;
    struct alias *now; /* continued by the next line; NULL: none */
    bool skip;         /* its left side was wrong: ignore its targets */
    size_t mistakes;
    char *err;
    size_t size;
};

static void __attribute__((format(printf, 2, 3)))
mistake(struct reader *r, const char *fmt, ...)
{
    size_t used = strlen(r->err);
    va_list ap;
    int n;

    r->mistakes++;
    n = snprintf(r->err + used, r->size - used,
                 "%s%s:%u: ", used > 0 ? "\n" : "", r->name, r->line);
    if (n < 0 || (size_t)n >= r->size - used)
        return;
    used += (size_t)n;
    va_start(ap, fmt);
    vsnprintf(r->err + used, r->size - used, fmt, ap);
    va_end(ap);
}

/* The first of the octets in set that is not in quotes, or the end. */
static char *unquoted(char *s, const char *set)
{
    bool quoted = false;

    for (; *s != '\0'; s++) {
        if (*s == '\\' && s[1] != '\0')
            s++;
        else if (*s == '"')
            quoted = !quoted;
        else if (!quoted && strchr(set, *s) != NULL)
            break;
    }
    return s;
}

static void cut_comment(char *line)
{
    char *hash = line;

    while (*(hash = unquoted(hash, "#")) != '\0') {
        if (hash == line || isblank((unsigned char)hash[-1])) {
            *hash = '\0';
            return;
        }
        hash++;
    }
}

static char *trim(char *s)
{
    size_t len;

    s += strspn(s, " \t\r");
    len = strlen(s);
    while (len > 0 && strchr(" \t\r", s[len - 1]) != NULL)
        s[--len] = '\0';
    return s;
}

/*
 * An address, a bare name (domain ""), or "@domain" (local ""). NULL when it
 * is one, otherwise what is wrong.
 */
static const char *parse_name(const char *text, struct address *out)
{
    char whole[ADDRESS_TEXT + 16];
    bool catch_all = text[0] == '@';
    enum address_error e;

    if (strlen(text) >= ADDRESS_TEXT)
        return "too long";
    snprintf(whole, sizeof whole, "%s%s", catch_all ? "x" : "", text);
    e = address_parse(whole, ADDRESS_UTF8, out);
    if (e == ADDRESS_NO_DOMAIN) {
        /* A bare name obeys the same grammar as one with a domain. */
        strcat(whole, "@localhost");
        e = address_parse(whole, ADDRESS_UTF8, out);
        out->domain[0] = '\0';
    }
    if (e != ADDRESS_OK)
        return address_error_text(e);
    if (catch_all)
        out->local[0] = '\0';
    return NULL;
}

static void begin(struct reader *r, const char *left)
{
    struct aliases *t = r->table;
    struct address a;
    const char *wrong = parse_name(left, &a);
    const char *domain;

    r->now = NULL;
    r->skip = true;
    if (wrong != NULL) {
        mistake(r, "%s: %s", left, wrong);
        return;
    }
    domain = a.domain[0] != '\0' ? names_find(t->domains, a.domain) : "";
    if (domain == NULL) {
        mistake(r, "%s: not in one of our domains", left);
        return;
    }
    r->skip = false;
    t->v = xrealloc(t->v, t->n + 1, sizeof *t->v);
    r->now = &t->v[t->n++];
    *r->now = (struct alias){
        .local = xstrdup(a.local), .domain = xstrdup(domain), .line = r->line};
}

static void add_target(struct reader *r, const char *text)
{
    struct alias *alias = r->now;
    struct alias_target *new;
    struct address a;
    const char *wrong;

    if (text[0] == '\0')
        return;
    if (strchr("|/:", text[0]) != NULL) {
        mistake(r, "%s: programs, files and lists are not delivered to", text);
        return;
    }
    wrong = parse_name(text, &a);
    if (wrong == NULL && a.local[0] == '\0')
        wrong = "a whole domain cannot be a target";
    if (wrong != NULL) {
        mistake(r, "%s: %s", text, wrong);
        return;
    }
    if (alias->ntargets == ALIASES_TARGETS) {
        mistake(r, "more than %d addresses", ALIASES_TARGETS);
        r->skip = true;
        return;
    }
    alias->targets =
        xrealloc(alias->targets, alias->ntargets + 1, sizeof *alias->targets);
    new = &alias->targets[alias->ntargets++];
    new->local = xstrdup(a.local);
    new->domain = xstrdup(a.domain);
}

static void add_targets(struct reader *r, char *list)
{
    while (!r->skip) {
        char *end = unquoted(list, ",");
        bool last = *end == '\0';

        *end = '\0';
        add_target(r, trim(list));
        if (last)
            break;
        list = end + 1;
    }
}

static void read_line(struct reader *r, char *line)
{
    bool continues = isblank((unsigned char)line[0]);
    char *colon;

    cut_comment(line);
    line = trim(line);
    if (line[0] == '\0')
        return;
    if (continues) {
        if (r->now == NULL && !r->skip)
            mistake(r, "continues nothing");
        else
            add_targets(r, line);
        return;
    }
    colon = unquoted(line, ":");
    if (*colon == '\0') {
        mistake(r, "%s: no colon behind it", line);
        r->now = NULL;
        r->skip = true;
        return;
    }
    *colon = '\0';
    begin(r, trim(line));
    add_targets(r, colon + 1);
}

/* What can only be seen when all lines are read. */
static void finish(struct reader *r)
{
    struct aliases *t = r->table;

    aliases_sort(t);
    for (size_t i = 0; i < t->n; i++) {
        struct alias *a = &t->v[i];

        r->line = a->line;
        if (a->ntargets == 0 && r->mistakes == 0)
            mistake(r, "no address behind the colon");
        if (i > 0 && aliases_same_name(a, a - 1))
            mistake(r, "%s%s%s: also at line %u", a->local,
                    a->domain[0] ? "@" : "", a->domain, a[-1].line);
    }
    if (r->mistakes == 0)
        r->mistakes = aliases_loops(t, r->name, r->err, r->size);
}

struct aliases *aliases_parse(const char *name, const char *text, size_t len,
                              const struct strings *domains,
                              const char *separator, char *err, size_t size)
{
    struct reader r = {.name = name, .line = 1, .err = err, .size = size};
    char *copy = xcalloc(len + 1, 1);
    char *next = copy, *line;

    err[0] = '\0';
    memcpy(copy, text, len);
    r.table = xcalloc(1, sizeof *r.table);
    r.table->domains = domains;
    r.table->separator = separator[0];
    if (memchr(text, '\0', len) != NULL)
        mistake(&r, "holds a NUL: not a text file");
    while ((line = strsep(&next, "\n")) != NULL) {
        read_line(&r, line);
        r.line++;
    }
    finish(&r);
    free(copy);
    if (r.mistakes == 0)
        return r.table;
    aliases_free(r.table);
    return NULL;
}

struct aliases *aliases_read_fd(const char *name, int fd,
                                const struct strings *domains,
                                const char *separator, char *err, size_t size)
{
    struct aliases *a = NULL;
    char *text = NULL;
    size_t len = 0;
    ssize_t n;

    do {
        text = xrealloc(text, len + 65536, 1);
        n = pread(fd, text + len, 65536, (off_t)len);
        if (n > 0)
            len += (size_t)n;
    } while (n > 0 && len <= FILE_MAX);
    if (n < 0)
        snprintf(err, size, "%s: %s", name, strerror(errno));
    else if (len > FILE_MAX)
        snprintf(err, size, "%s: larger than 16 MiB", name);
    else
        a = aliases_parse(name, text, len, domains, separator, err, size);
    free(text);
    return a;
}
