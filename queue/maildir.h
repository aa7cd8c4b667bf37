/*
 * One Maildir: a folder with tmp/, new/ and cur/ (D. J. Bernstein's format,
 * https://cr.yp.to/proto/maildir.html).  deliver makes files in tmp/, moves
 * them to new/, and reads and removes nothing that others put there.
 *
 * These calls work as the owner of the mailbox (queue/identity.h), from any
 * thread; only maildirs_open() and maildir_release(), which count who uses
 * an opened Maildir, are for one thread alone.
 */
#ifndef TARRY_MAILDIR_H
#define TARRY_MAILDIR_H

#include "queue/mailboxes.h"

#include <stdbool.h>
#include <stdint.h>

#define MAILDIR_NAME 256 /* a file's name with its NUL */

struct maildir {
    char *path;
    uid_t uid;
    gid_t gid;
    int fd;          /* of the folder itself */
    dev_t dev;       /* and which it is, */
    ino_t ino;       /* to see that another has taken its place */
    uint64_t serial; /* in order of opening */
    unsigned users;
};

/*
 * Opens, and makes what is missing: tmp/, new/ and cur/, and the folder
 * itself where mailbox->make says so.  NULL with errno.
 */
struct maildir *maildir_open(const struct mailbox *m);
void maildir_release(struct maildir *d); /* the last user's frees; or NULL */

/* A name that no other delivery on this host has, now or ever. */
void maildir_name(const char *hostname, char out[MAILDIR_NAME]);

/* Makes tmp/name, write-only. A descriptor, or -1 with errno. */
int maildir_create(const struct maildir *d, const char *name);
/* Opens tmp/name for reading. A descriptor, or -1 with errno. */
int maildir_reread(const struct maildir *d, const char *name);
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
/* After a failure: opens it anew the next time. */
void maildirs_forget(struct maildirs *c, const struct maildir *d);
void maildirs_release(struct maildirs *c);

#endif
