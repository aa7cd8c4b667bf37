/*
 * One message on its way into one or several Maildirs: all of them, or none.
 *
 *   delivery_begin()    a file in tmp/ of the first Maildir, its head written
 *   ...                 smtpd writes the body behind it
 *   delivery_copy()     the same in tmp/ of the others
 *   (data flushed)
 *   delivery_publish()  all files moved to new/
 *   (folders flushed)   durable and visible
 *
 * The owner of a Maildir can change or replace any file in it.  So where they
 * have more than one owner the body is written apart, in a file without a name
 * that is none of theirs, and every Maildir gets a copy.
 *
 * A step that fails records why and returns -1; then, as from any other step,
 * delivery_discard() leaves nothing behind in tmp/ or new/.
 */
#ifndef TARRY_DELIVERY_H
#define TARRY_DELIVERY_H

#include "lib/msg.h"
#include "queue/maildir.h"

#include <stdatomic.h>
#include <time.h>

#define DELIVERY_SESSION 31 /* octets of a session's name */

struct delivery_file {
    struct maildir *dir;
    char *delivered_to; /* the recipient, as the sender wrote it */
    enum { FILE_NOWHERE, FILE_IN_TMP, FILE_IN_NEW } place;
    char name[MAILDIR_NAME];
};

struct delivery {
    struct delivery *next; /* in whose list it is */
    uint64_t id;           /* of the SMTP session */
    char session[DELIVERY_SESSION + 1];
    char *sender; /* as in Return-Path; "" for the null sender */
    size_t recipients, missing;
    struct delivery_file *files;
    size_t nfiles;
    int fd;        /* for the body, write-only: files[0], or apart */
    int from;      /* the same to be read, when there are copies; or -1 */
    size_t copies; /* files[copies] and on are: from 1, or from 0 */
    uint64_t body; /* where it begins in fd */
    uint64_t size; /* its octets, once known */
    struct timespec committed;
    atomic_bool cancelled; /* nobody waits for it any more */
    /* How it ended: why not, in which file, and errno. */
    enum stored stored;
    const char *failed;
    const struct delivery_file *failed_file;
    int error;
};

/* apart is NULL, or a Maildir to make the file without a name in. */
int delivery_begin(struct delivery *d, const struct maildir *apart);
int delivery_copy(struct delivery *d);
int delivery_publish(struct delivery *d);
void delivery_discard(struct delivery *d);

/* Records a failure, the first one only. file may be NULL. Returns -1. */
int delivery_fail(struct delivery *d, const char *what,
                  const struct delivery_file *file, int error);

/* One line: how it ended. */
void delivery_log(const struct delivery *d);

/* Releases the Maildirs too: in their thread only. */
void delivery_free(struct delivery *d);

#endif
