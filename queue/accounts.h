/* The system's accounts that receive mail, from the text of /etc/passwd. */
#ifndef TARRY_ACCOUNTS_H
#define TARRY_ACCOUNTS_H

#include <stddef.h>
#include <sys/types.h>

#define ACCOUNTS_FIRST  1000  /* below it: the system's own, no mail */
#define ACCOUNTS_NOBODY 65534 /* owns nothing, by definition */

struct account {
    char *name, *home;
    uid_t uid;
    gid_t gid;
};

struct accounts {
    struct account *v; /* in order of name */
    size_t n;
};

/*
 * Reads a passwd file.  As root: the accounts of people (uid from
 * ACCOUNTS_FIRST on, except nobody's; never uid or gid 0).  As anybody else
 * (self is not 0): only accounts of that uid, since we cannot act for others.
 * An account without an absolute home that is a directory of its own ("/" is
 * not) does not receive.  NULL with errno.
 */
struct accounts *accounts_read_fd(int fd, uid_t self);
void accounts_free(struct accounts *a); /* NULL is fine */

/* NULL when there is none of that name. NULL for a is fine. */
const struct account *accounts_find(const struct accounts *a, const char *name);

#endif
