/*
 * The table of aliases, see aliases.h: kept in order of name, without regard
 * to case, and searched by halves.  It is filled by alias_text.c and
 * checked by alias_loops.c.
 */
#include "queue/aliases.h"

#include "queue/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_name(const void *a, const void *b)
{
    const struct alias *x = a, *y = b;
    int order = strcasecmp(x->local, y->local);

    return order != 0 ? order : strcmp(x->domain, y->domain);
}

static int by_name_and_line(const void *a, const void *b)
{
    const struct alias *x = a, *y = b;
    int order = by_name(x, y);

    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

void aliases_sort(struct aliases *a)
{
    if (a->n > 0)
        qsort(a->v, a->n, sizeof(*a->v), by_name_and_line);
}

bool aliases_same_name(const struct alias *a, const struct alias *b)
{
    return by_name(a, b) == 0;
}

static const struct alias *exactly(const struct aliases *a, const char *local,
                                   const char *domain)
{
    struct alias key = {.local = (char *)(uintptr_t)local,
                        .domain = (char *)(uintptr_t)domain};

    if (a == NULL || a->n == 0)
        return NULL;
    return bsearch(&key, a->v, a->n, sizeof *a->v, by_name);
}

const struct alias *aliases_find(const struct aliases *a, const char *local,
                                 const char *domain)
{
    const struct alias *found;
    char user[ADDRESS_LOCAL + 1];

    if (a == NULL || local[0] == '\0')
        return NULL;
    found = exactly(a, local, domain);
    if (found == NULL)
        found = exactly(a, local, "");
    if (found == NULL && names_strip(local, a->separator, user))
        found = aliases_find(a, user, domain);
    return found;
}

const struct alias *aliases_catch_all(const struct aliases *a,
                                      const char *domain)
{
    return exactly(a, "", domain);
}

void aliases_free(struct aliases *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->n; i++) {
        struct alias *alias = &a->v[i];

        for (size_t j = 0; j < alias->ntargets; j++) {
            free(alias->targets[j].local);
            free(alias->targets[j].domain);
        }
        free(alias->targets);
        free(alias->local);
        free(alias->domain);
    }
    free(a->v);
    free(a);
}
