/*
 * One Maildir: a folder with tmp/, new/ and cur/ (D. J. Bernstein's format,
 * https://cr.yp.to/proto/maildir.html).  deliver makes files in tmp/, moves
 * them to new/, and reads and removes nothing that others put there.
 *
 * Its owner may put anything there at any time, and in place of any part of
 * it.  So nothing is opened that was there before but folders, as such; a
 * file is opened when it is made, and again only if it can be no other.
 *
 * These calls work as the owner of the mailbox (queue/identity.h), from any
 * thread; only maildirs_open() and maildir_release(), which count who uses
 * an opened Maildir, are for one thread alone.
 */
#ifndef TARRY_MAILDIR_H
#define TARRY_MAILDIR_H

#include "queue/held.h"
#include "queue/mailboxes.h"

#include <stdbool.h>
#include <stdint.h>

#define MAILDIR_NAME 256 /* a file's name with its NUL */

struct maildir {
    char *path;
    uid_t uid;
    gid_t gid;
    int tmp, new; /* its folders, of the same file system, */
    dev_t dev;    /* this one */
    struct maildir_part {
        dev_t dev;   /* which it is, to see that */
        ino_t ino;   /* another has taken its place */
    } parts[3];      /* the folder itself, tmp, new */
    uint64_t serial; /* in order of opening */
    unsigned users;
};

/*
 * Opens, and makes what is missing: tmp/, new/ and cur/, and the folder
 * itself where mailbox->make says so.  NULL with errno: EXDEV when tmp/ and
 * new/ are on different file systems.
 */
struct maildir *maildir_open(const struct mailbox *m);
/*
 * Would it open, and take a file?  Nothing is made, and what a full disk will
 * say is not known.  0, or -1 with errno.
 */
int maildir_check(const struct mailbox *m);
/* What errno says of a Maildir. */
const char *maildir_error(int error);
/* Its path and that of its parts still lead to the same folders. */
bool maildir_in_place(const struct maildir *d);
void maildir_release(struct maildir *d); /* the last user's frees; or NULL */

/* A name that no other delivery on this host has, now or ever. */
void maildir_name(const char *hostname, char out[MAILDIR_NAME]);

/* Makes tmp/name, write-only. A descriptor, or -1 with errno. */
int maildir_create(const struct maildir *d, const char *name);
/*
 * Opens tmp/name for reading, if it still is the file behind made: a
 * descriptor, or -1 with errno.
 */
int maildir_reread(const struct maildir *d, const char *name, int made);
/*
 * Makes a file that nobody finds: tmp/name for a moment, which is removed.
 * Descriptors to write and to read it; or -1 with errno.
 */
int maildir_nameless(const struct maildir *d, const char *name, int *to,
                     int *from);
/* tmp/name -> new/name, never over another. -1 with errno. */
int maildir_publish(const struct maildir *d, const char *name);
/* Removes a file, from new/ if it is there already, else from tmp/. */
void maildir_remove(const struct maildir *d, const char *name, bool published);

/*
 * Opened Maildirs, kept for the next message: the MAILDIRS_KEPT last used.
 * The same calls otherwise.
 */
#define MAILDIRS_KEPT 64

struct maildirs {
    struct maildir *v[MAILDIRS_KEPT]; /* the last used first */
    size_t n;
};

struct maildir *maildirs_open(struct maildirs *c, const struct mailbox *m);
/*
 * Could a message be stored in all of them, as far as can be seen before?
 * Logs which one could not, unless it is one of those held back.
 */
bool maildirs_usable(const struct maildirs *c, const struct held *h,
                     const struct mailboxes *to);
/* After a failure: opens it anew the next time. */
void maildirs_forget(struct maildirs *c, const struct maildir *d);
void maildirs_release(struct maildirs *c);

#endif
