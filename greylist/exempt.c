/*
 * Exemption lists, see exempt.h: entries, and who matches one of them.
 *
 * Each entry goes where it is found quickly: networks into a sorted table,
 * names into a hash table, regexes into a short list.  The most precise
 * question is asked first, so the entry that the log names is the one that an
 * administrator would point at.
 */
#include "greylist/exempt.h"

#include "greylist/exempt_parts.h"
#include "lib/log.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISTAKES 20

struct exempt *exempt_new(enum exempt_kind kind)
{
    struct exempt *e = xcalloc(1, sizeof(*e));

    e->kind = kind;
    return e;
}

void exempt_free(struct exempt *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->nregexes; i++)
        regfree(&e->regexes[i].compiled);
    for (size_t i = 0; i < e->n; i++) {
        free((char *)e->entries[i]->text);
        free(e->entries[i]);
    }
    for (size_t i = 0; i < e->nfiles; i++)
        free(e->files[i]);
    names_free(&e->names);
    free(e->nets.v);
    free(e->entries);
    free(e->files);
    free(e);
}

static const char *file_name(struct exempt *e, const char *name)
{
    if (e->nfiles > 0 && strcmp(e->files[e->nfiles - 1], name) == 0)
        return e->files[e->nfiles - 1];
    e->files = xrealloc(e->files, e->nfiles + 1, sizeof(*e->files));
    e->files[e->nfiles] = xstrdup(name);
    return e->files[e->nfiles++];
}

static struct exempt_entry *new_entry(struct exempt *e, const char *name,
                                      unsigned line, const char *text)
{
    struct exempt_entry *entry = xcalloc(1, sizeof(*entry));

    entry->file = file_name(e, name);
    entry->line = line;
    entry->text = xstrdup(text);
    if ((e->n & (e->n - 1)) == 0)
        e->entries =
            xrealloc(e->entries, e->n > 0 ? 2 * e->n : 1, sizeof(*e->entries));
    /* cppcheck-suppress memleak */
    return e->entries[e->n++] = entry;
}

/* To the end of what err has already. */
static void mistake(char *err, size_t size, const struct exempt_entry *entry,
                    const char *why)
{
    size_t used = strlen(err);

    snprintf(err + used, size - used, "%s%s:%u: '%.60s' %s",
             used > 0 ? "\n" : "", entry->file, entry->line, entry->text, why);
}

static bool add(struct exempt *e, const char *name, unsigned line,
                const char *text, char *err, size_t size)
{
    struct exempt_entry *entry = new_entry(e, name, line, text);
    char why[256];

    if (exempt_line(e, entry, why, sizeof(why)))
        return true;
    mistake(err, size, entry, why);
    return false;
}

bool exempt_add(struct exempt *e, const char *name, unsigned line,
                const char *text, char *err, size_t size)
{
    assert(!e->sealed && size > 0);
    err[0] = '\0';
    return add(e, name, line, text, err, size);
}

/* Cuts white space off both ends of the line, in place. */
static char *trim(char *line, size_t len)
{
    while (len > 0 && isspace((unsigned char)line[len - 1]))
        len--;
    line[len] = '\0';
    return line + strspn(line, " \t");
}

bool exempt_add_text(struct exempt *e, const char *name, const char *text,
                     size_t len, char *err, size_t size)
{
    const char *end;
    unsigned line = 0, mistakes = 0;

    assert(!e->sealed && size > 0);
    err[0] = '\0';
    for (const char *p = text; p < text + len; p = end + 1) {
        size_t left = (size_t)(text + len - p);
        char *copy, *entry;

        line++;
        end = memchr(p, '\n', left);
        end = end != NULL ? end : p + left;
        copy = xcalloc(1, (size_t)(end - p) + 1);
        memcpy(copy, p, (size_t)(end - p));
        /* What stands behind a NUL is not to be overlooked. */
        for (char *q = copy; q < copy + (end - p); q++)
            *q = *q != '\0' ? *q : '?';
        entry = trim(copy, (size_t)(end - p));
        if (entry[0] != '\0' && entry[0] != '#' &&
            !add(e, name, line, entry, err, size))
            mistakes++;
        free(copy);
        if (mistakes == MISTAKES)
            break;
    }
    return mistakes == 0;
}

void exempt_seal(struct exempt *e)
{
    names_seal(&e->names);
    nets_seal(&e->nets);
    e->sealed = true;
}

size_t exempt_count(const struct exempt *e)
{
    return e->n;
}

static const struct exempt_entry *by_regex(const struct exempt *e,
                                           const char *name)
{
    for (size_t i = 0; i < e->nregexes; i++)
        if (regexec(&e->regexes[i].compiled, name, 0, NULL, 0) == 0)
            return e->regexes[i].entry;
    return NULL;
}

static size_t lower(const char *s, char *out)
{
    size_t n = 0;

    for (; s[n] != '\0'; n++)
        out[n] = (char)(s[n] >= 'A' && s[n] <= 'Z' ? s[n] + 'a' - 'A' : s[n]);
    out[n] = '\0';
    return n;
}

const struct exempt_entry *exempt_client(const struct exempt *e,
                                         const struct netaddr *client,
                                         const char *name)
{
    const struct exempt_entry *found = nets_find(&e->nets, client);
    char text[1 + ADDRESS_DOMAIN + 1];
    size_t len;

    assert(e->sealed && e->kind == EXEMPT_CLIENTS);
    if (found != NULL || name[0] == '\0' || strlen(name) > ADDRESS_DOMAIN)
        return found;
    len = 1 + lower(name, text + 1);
    found = names_find_domain(&e->names, text, len, '\0');
    return found != NULL ? found : by_regex(e, text + 1);
}

/* "joe@example.com" for "joe+shop@example.com" */
static const struct exempt_entry *without_detail(const struct exempt *e,
                                                 const char *text, size_t local,
                                                 size_t len)
{
    const char *plus = memchr(text, '+', local);
    char out[ADDRESS_LOCAL + ADDRESS_DOMAIN + 2];
    size_t n;

    if (plus == NULL || plus == text)
        return NULL;
    n = (size_t)(plus - text);
    memcpy(out, text, n);
    memcpy(out + n, text + local, len - local);
    return names_find(&e->names, out, n + len - local);
}

const struct exempt_entry *exempt_address(const struct exempt *e,
                                          const struct address *a,
                                          const char *normal)
{
    const struct names *names = &e->names;
    const struct exempt_entry *found;
    char text[ADDRESS_LOCAL + ADDRESS_DOMAIN + 2];
    size_t local = lower(a->local, text), len;

    assert(e->sealed && e->kind != EXEMPT_CLIENTS);
    text[local] = '@';
    len = local + 1 + lower(a->domain, text + local + 1);
    if ((found = names_find(names, text, len)) != NULL ||
        (found = without_detail(e, text, local, len)) != NULL ||
        (normal != NULL &&
         (found = names_find(names, normal, strlen(normal))) != NULL))
        return found;
    if (len == 1) /* <>: none of what follows means it */
        return NULL;
    found = names_find(names, text, local + 1);
    if (found == NULL)
        found = names_find_domain(names, text + local, len - local, '@');
    return found;
}
