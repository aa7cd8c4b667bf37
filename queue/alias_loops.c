/*
 * Finds loops among aliases: a walk in depth from every alias, in every
 * domain in which it answers.
 *
 * A step leads from an alias to that which answers for one of its targets.
 * A target that the very same alias answers for is no step: it is the mailbox
 * of that name ("joe: joe, ann" keeps joe a copy).  Nor is a catch-all: whether
 * it answers depends on which mailboxes exist at the time, so a circle
 * through one is cut when a recipient is resolved.
 */
#include "queue/aliases.h"

#include "lib/log.h"
#include "queue/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of an alias seen before: how many aliases deep it is, from 1. */
enum { UNSEEN = 0, ON_CHAIN = 255 };

struct walk {
    const struct aliases *table;
    unsigned char *heights; /* of alias and domain */
    struct step {
        const struct alias *alias;
        const char *domain;
    } chain[ALIASES_DEPTH];
    size_t depth;
    const char *name;
    char *err;
    size_t size, mistakes;
};

static unsigned char *height(struct walk *w, const struct step *s)
{
    const struct strings *domains = w->table->domains;
    size_t d = 0;

    while (strcmp(domains->v[d], s->domain) != 0)
        d++;
    return &w->heights[(size_t)(s->alias - w->table->v) * domains->n + d];
}

static void say(struct walk *w, const char *text, const char *more)
{
    size_t used = strlen(w->err);

    snprintf(w->err + used, w->size - used, "%s%s", text, more);
}

static void say_step(struct walk *w, const struct step *s)
{
    say(w, s->alias->local, "@");
    say(w, s->domain, "");
}

/* chain[first] and what follows it, up to the step which closes it. */
static void report(struct walk *w, size_t first, const struct step *last)
{
    char where[32];

    snprintf(where, sizeof where, ":%u: ", w->chain[first].alias->line);
    say(w, w->err[0] != '\0' ? "\n" : "", w->name);
    say(w, where, last != NULL ? "loop: " : "nested too deep: ");
    for (size_t i = first; i < w->depth; i++) {
        say_step(w, &w->chain[i]);
        if (last != NULL || i + 1 < w->depth)
            say(w, " -> ", "");
    }
    if (last != NULL)
        say_step(w, last);
    w->mistakes++;
}

static void report_loop(struct walk *w, const struct step *last)
{
    size_t first = w->depth;

    do
        first--;
    while (w->chain[first].alias != last->alias ||
           strcmp(w->chain[first].domain, last->domain) != 0);
    report(w, first, last);
}

/* Where a target leads from a step, if to another alias. */
static bool follow(const struct walk *w, const struct step *from,
                   const struct alias_target *t, struct step *to)
{
    to->domain = from->domain;
    if (t->domain[0] != '\0')
        to->domain = names_find(w->table->domains, t->domain);
    if (to->domain == NULL)
        return false;
    to->alias = aliases_find(w->table, t->local, to->domain);
    if (to->alias == NULL)
        return false;
    return to->alias != from->alias || strcmp(to->domain, from->domain) != 0;
}

static void visit(struct walk *w, const struct step *s)
{
    struct step next;
    unsigned char deepest = 0;

    if (w->depth == ALIASES_DEPTH) {
        report(w, 0, NULL);
        return;
    }
    w->chain[w->depth++] = *s;
    *height(w, s) = ON_CHAIN;
    for (size_t i = 0; i < s->alias->ntargets; i++) {
        if (!follow(w, s, &s->alias->targets[i], &next))
            continue;
        if (*height(w, &next) == UNSEEN)
            visit(w, &next);
        else if (*height(w, &next) == ON_CHAIN)
            report_loop(w, &next);
        else if (w->depth + *height(w, &next) > ALIASES_DEPTH)
            report(w, 0, NULL);
        if (*height(w, &next) != ON_CHAIN && *height(w, &next) > deepest)
            deepest = *height(w, &next);
    }
    *height(w, s) = (unsigned char)(deepest + 1);
    w->depth--;
}

size_t aliases_loops(const struct aliases *a, const char *name, char *err,
                     size_t size)
{
    struct walk w = {.table = a, .name = name, .err = err, .size = size};
    size_t ndomains = a->domains->n;

    w.heights = xcalloc(a->n * ndomains + 1, 1);
    for (size_t i = 0; i < a->n; i++) {
        const struct alias *alias = &a->v[i];

        for (size_t d = 0; d < ndomains; d++) {
            struct step s = {alias, a->domains->v[d]};

            if (alias->domain[0] != '\0' &&
                strcmp(alias->domain, s.domain) != 0)
                continue;
            if (*height(&w, &s) == UNSEEN)
                visit(&w, &s);
        }
    }
    free(w.heights);
    return w.mistakes;
}
