/* A set of folders into which one message goes, without duplicates. */
#ifndef TARRY_MAILBOXES_H
#define TARRY_MAILBOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mailbox {
    char *path; /* the Maildir; what makes it equal to another */
    uid_t uid;  /* whose it is, for identity_assume() */
    gid_t gid;
    bool make;          /* to be made when missing */
    unsigned recipient; /* the first that led here, as told by the caller */
};

struct mailboxes {
    struct mailbox **v;
    size_t n;
    unsigned recipient; /* put into what is added */
    void *tree;         /* tsearch(3) */
};

/* Starts as all zero. Emptied, it may be used again. */
void mailboxes_release(struct mailboxes *m);
bool mailboxes_has(const struct mailboxes *m, const char *path);
/* Copies it, with m->recipient; nothing happens when its path is there. */
void mailboxes_add(struct mailboxes *m, const struct mailbox *new);

#endif
