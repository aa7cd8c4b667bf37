/*
 * One transaction, see transaction.h: what is done to it in the thread of the
 * event loop, where opened Maildirs are kept.  Nothing here waits for a disk.
 */
#include "queue/transaction.h"

#include "lib/log.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* f is what it is for, or NULL. */
static struct maildir *open_one(struct delivery *d, struct maildirs *kept,
                                const struct mailbox *m,
                                const struct delivery_file *f)
{
    struct maildir *dir = maildirs_open(kept, m);
    int error = errno;

    if (dir != NULL)
        return dir;
    log_error("%s: %s", m->path, maildir_error(error));
    delivery_fail(d, "cannot open a Maildir", f, error);
    return NULL;
}

/* From the first-th to the end-th. */
static int open_maildirs(struct transaction *x, struct maildirs *kept,
                         size_t first, size_t end)
{
    struct delivery *d = x->delivery;

    for (size_t i = first; i < end; i++) {
        d->files[i].dir = open_one(d, kept, x->to.v[i], &d->files[i]);
        if (d->files[i].dir == NULL)
            return -1;
    }
    return 0;
}

static bool one_owner(const struct mailboxes *to)
{
    for (size_t i = 1; i < to->n; i++)
        if (to->v[i]->uid != to->v[0]->uid)
            return false;
    return true;
}

/* Where none of them comes: beside the mail of postmaster, which is ours. */
static int begin_apart(struct transaction *x, struct maildirs *kept,
                       const struct recipients *r)
{
    char path[PATH_MAX];
    struct mailbox m = {
        .path = path, .uid = r->uid, .gid = r->gid, .make = true};
    struct maildir *dir;
    int status;

    recipients_postmaster(r->conf, path, sizeof(path));
    dir = open_one(x->delivery, kept, &m, NULL);
    if (dir == NULL)
        return -1;
    status = delivery_begin(x->delivery, dir);
    maildir_release(dir);
    return status;
}

int transaction_begin(struct transaction *x, struct maildirs *kept,
                      const struct recipients *r)
{
    if (x->delivery->failed != NULL)
        return -1;
    if (!one_owner(&x->to))
        return begin_apart(x, kept, r);
    if (open_maildirs(x, kept, 0, 1) != 0)
        return -1;
    return delivery_begin(x->delivery, NULL);
}

/* Everything that can go wrong before the data are flushed. */
int transaction_finish(struct transaction *x, struct maildirs *kept,
                       uint64_t octets)
{
    struct delivery *d = x->delivery;
    struct stat st;

    if (fstat(d->fd, &st) != 0)
        return delivery_fail(d, "fstat", NULL, errno);
    if (octets > (uint64_t)st.st_size ||
        (uint64_t)st.st_size - octets != d->body)
        return delivery_fail(d, "not the octets that smtpd wrote", NULL, 0);
    d->size = octets;
    return open_maildirs(x, kept, d->copies, d->nfiles);
}

void transaction_hold(struct held *h, const struct delivery *d,
                      const char *path)
{
    int64_t now = held_now();

    if (d->recipients < 2 || d->error == 0 || d->error == ENOSPC ||
        d->error == EIO || held_has(h, path, now))
        return;
    log_warn("%s: kept a message from others; deferred at RCPT for %lld "
             "minutes",
             path, (long long)held_add(h, path, now) / 60);
}
