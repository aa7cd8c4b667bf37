/*
 * One transaction, see transaction.h: what is done to it in the thread of the
 * event loop, where opened Maildirs are kept.  Nothing here waits for a disk.
 */
#include "queue/transaction.h"

#include "lib/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Opens the Maildirs from the first-th to the end-th. */
static int open_maildirs(struct transaction *x, struct maildirs *kept,
                         size_t first, size_t end)
{
    struct delivery *d = x->delivery;

    for (size_t i = first; i < end; i++) {
        struct delivery_file *f = &d->files[i];

        f->dir = maildirs_open(kept, x->to.v[i]);
        if (f->dir == NULL) {
            int error = errno;

            log_error("%s: %s", x->to.v[i]->path, strerror(error));
            return delivery_fail(d, "cannot open a Maildir", NULL, error);
        }
    }
    return 0;
}

/*
 * The first file; once more when a Maildir kept open has lost its tmp/.
 */
int transaction_begin(struct transaction *x, struct maildirs *kept)
{
    struct delivery *d = x->delivery;

    if (d->failed != NULL || open_maildirs(x, kept, 0, 1) != 0)
        return -1;
    if (delivery_begin(d) == 0)
        return 0;
    if (d->error != ENOENT)
        return -1;
    maildirs_forget(kept, d->files[0].dir);
    maildir_release(d->files[0].dir);
    d->files[0].dir = NULL;
    d->failed = NULL;
    d->stored = STORED_OK;
    if (open_maildirs(x, kept, 0, 1) != 0)
        return -1;
    return delivery_begin(d);
}

/* Everything that can go wrong before the data are flushed. */
int transaction_finish(struct transaction *x, struct maildirs *kept,
                       uint64_t octets)
{
    struct delivery *d = x->delivery;
    struct stat st;

    if (fstat(d->fd, &st) != 0)
        return delivery_fail(d, "fstat", &d->files[0], errno);
    if (octets > (uint64_t)st.st_size ||
        (uint64_t)st.st_size - octets != d->body)
        return delivery_fail(d, "not the octets that smtpd wrote", &d->files[0],
                             0);
    d->size = octets;
    return open_maildirs(x, kept, 1, d->nfiles);
}
