/*
 * The system's accounts that receive mail, see accounts.h.
 *
 * Read from a descriptor of /etc/passwd that the parent opened: inside the
 * sandbox there is no name service.  Accounts that exist only in a directory
 * service are therefore unknown here, and need an alias or a virtual mailbox.
 */
#include "queue/accounts.h"

#include "lib/log.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool receives(const struct passwd *pw, uid_t self)
{
    if (pw->pw_dir[0] != '/' || strspn(pw->pw_dir, "/") == strlen(pw->pw_dir))
        return false;
    if (pw->pw_uid == 0 || pw->pw_gid == 0 || strchr(pw->pw_name, '/') != NULL)
        return false;
    if (self != 0)
        return pw->pw_uid == self;
    return pw->pw_uid >= ACCOUNTS_FIRST && pw->pw_uid != ACCOUNTS_NOBODY;
}

static int by_name(const void *a, const void *b)
{
    const struct account *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static void add(struct accounts *a, const struct passwd *pw)
{
    struct account *new;

    a->v = xrealloc(a->v, a->n + 1, sizeof *a->v);
    new = &a->v[a->n++];
    new->name = xstrdup(pw->pw_name);
    new->home = xstrdup(pw->pw_dir);
    new->uid = pw->pw_uid;
    new->gid = pw->pw_gid;
}

struct accounts *accounts_read_fd(int fd, uid_t self)
{
    struct accounts *a;
    struct passwd *pw;
    FILE *in;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (own == -1)
        return NULL;
    in = fdopen(own, "r");
    if (in == NULL) {
        close(own);
        return NULL;
    }
    a = xcalloc(1, sizeof *a);
    while ((pw = fgetpwent(in)) != NULL)
        if (receives(pw, self))
            add(a, pw);
    fclose(in);
    if (a->n > 0)
        qsort(a->v, a->n, sizeof *a->v, by_name);
    return a;
}

void accounts_free(struct accounts *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->n; i++) {
        free(a->v[i].name);
        free(a->v[i].home);
    }
    free(a->v);
    free(a);
}

const struct account *accounts_find(const struct accounts *a, const char *name)
{
    struct account key = {.name = (char *)(uintptr_t)name};

    if (a == NULL || a->n == 0)
        return NULL;
    return bsearch(&key, a->v, a->n, sizeof *a->v, by_name);
}
