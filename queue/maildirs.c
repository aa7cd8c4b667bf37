/*
 * The Maildirs used last, kept open, see maildir.h.
 *
 * A Maildir may be removed or replaced at any time by its owner.  So an open
 * one is used again only while its path still leads to the same folders; when
 * an operation inside it fails, the caller has it forgotten.
 */
#include "queue/maildir.h"

#include "lib/log.h"

#include <errno.h>
#include <string.h>

static void drop(struct maildirs *c, size_t i)
{
    maildir_release(c->v[i]);
    memmove(&c->v[i], &c->v[i + 1], (--c->n - i) * sizeof(c->v[0]));
}

static void put_first(struct maildirs *c, struct maildir *d)
{
    if (c->n == MAILDIRS_KEPT)
        drop(c, c->n - 1);
    memmove(&c->v[1], &c->v[0], c->n++ * sizeof(c->v[0]));
    c->v[0] = d;
}

static size_t find(const struct maildirs *c, const struct mailbox *m)
{
    size_t i = 0;

    while (i < c->n &&
           (strcmp(c->v[i]->path, m->path) != 0 || c->v[i]->uid != m->uid))
        i++;
    return i;
}

bool maildirs_usable(const struct maildirs *c, const struct held *h,
                     const struct mailboxes *to)
{
    int64_t now = held_now();

    for (size_t i = 0; i < to->n; i++) {
        const struct mailbox *m = to->v[i];
        size_t at = find(c, m);

        if (held_has(h, m->path, now))
            return false;
        /* One that is kept was opened, and nothing has failed since. */
        if (at < c->n && maildir_in_place(c->v[at]))
            continue;
        if (maildir_check(m) != 0) {
            log_error("%s: %s", m->path, maildir_error(errno));
            return false;
        }
    }
    return true;
}

struct maildir *maildirs_open(struct maildirs *c, const struct mailbox *m)
{
    struct maildir *d = NULL;
    size_t i = find(c, m);

    if (i < c->n) {
        if (maildir_in_place(c->v[i])) {
            d = c->v[i];
            d->users++; /* while it changes its place */
        }
        drop(c, i);
    }
    if (d == NULL)
        d = maildir_open(m);
    if (d == NULL)
        return NULL;
    put_first(c, d);
    d->users++;
    return d;
}

void maildirs_forget(struct maildirs *c, const struct maildir *d)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->v[i] == d) {
            drop(c, i);
            return;
        }
    }
}

void maildirs_release(struct maildirs *c)
{
    while (c->n > 0)
        drop(c, c->n - 1);
}
