/*
 * A set of folders, in the order in which they were added: an array to walk,
 * and a tree over it to look up, because an alias may name a thousand.
 * Two mailboxes are one when their paths are the same text.
 */
#include "queue/mailboxes.h"

#include "lib/log.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int by_path(const void *a, const void *b)
{
    const struct mailbox *x = a, *y = b;

    return strcmp(x->path, y->path);
}

static void keep(void *node)
{
    (void)node; /* the array owns it */
}

void mailboxes_release(struct mailboxes *m)
{
    tdestroy(m->tree, keep);
    for (size_t i = 0; i < m->n; i++) {
        free(m->v[i]->path);
        free(m->v[i]);
    }
    free(m->v);
    *m = (struct mailboxes){0};
}

bool mailboxes_has(const struct mailboxes *m, const char *path)
{
    struct mailbox key = {.path = (char *)(uintptr_t)path};

    return tfind(&key, &m->tree, by_path) != NULL;
}

void mailboxes_add(struct mailboxes *m, const struct mailbox *new)
{
    struct mailbox *copy;

    if (mailboxes_has(m, new->path))
        return;
    copy = xcalloc(1, sizeof *copy);
    *copy = *new;
    copy->path = xstrdup(new->path);
    copy->recipient = m->recipient;
    m->v = xrealloc(m->v, m->n + 1, sizeof *m->v);
    m->v[m->n++] = copy;
    if (tsearch(copy, &m->tree, by_path) == NULL)
        fatal(71, "out of memory");
}
