/*
 * The folders that deliver needs, see reach.h.
 *
 * They are fixed when the sandbox closes.  Of homes, the folders above them
 * are taken ("/home"), so that an account made later is reached as well; a
 * home directly below the root is taken by itself, since the root is too
 * much.  A home that is missing then stays out of reach.
 */
#include "queue/reach.h"

#include "lib/log.h"
#include "queue/recipients.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

static bool covers(const struct reach *r, const char *path)
{
    for (size_t i = 0; i < r->n; i++) {
        size_t len = strlen(r->v[i]);

        if (strncmp(r->v[i], path, len) == 0 &&
            (path[len] == '/' || path[len] == '\0'))
            return true;
    }
    return false;
}

/* What lies above a home, or the home where that would be the root. */
static void above_home(const char *home, char *out, size_t size)
{
    size_t len = strlen(home), cut;

    while (len > 1 && home[len - 1] == '/')
        len--;
    for (cut = len; cut > 0 && home[cut - 1] != '/'; cut--)
        ;
    while (cut > 0 && home[cut - 1] == '/')
        cut--;
    snprintf(out, size, "%.*s", (int)(cut > 0 ? cut : len), home);
}

static int add_homes(struct reach *r, const struct accounts *accounts,
                     char *err, size_t size)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < accounts->n; i++) {
        above_home(accounts->v[i].home, path, sizeof(path));
        if (covers(r, path) || !is_folder(path))
            continue;
        if (r->n == SANDBOX_PATHS) {
            snprintf(err, size, "mailboxes: homes are in more than %d folders",
                     SANDBOX_PATHS);
            return -1;
        }
        r->v[r->n++] = xstrdup(path);
    }
    return 0;
}

int reach_add(struct reach *r, const struct conf *conf,
              const struct accounts *accounts, char *err, size_t size)
{
    char path[PATH_MAX];

    recipients_postmaster(conf, path, sizeof(path));
    r->v[r->n++] = xstrdup(path);
    if (conf->mailboxes_system)
        return add_homes(r, accounts, err, size);
    conf_mailboxes_folder(conf, path, sizeof(path));
    if (path[0] == '\0') {
        snprintf(err, size, "mailboxes: must lie in a folder of their own");
        return -1;
    }
    if (!is_folder(path)) {
        snprintf(err, size, "mailboxes: %s: %s", path, strerror(errno));
        return -1;
    }
    r->v[r->n++] = xstrdup(path);
    return 0;
}

void reach_release(struct reach *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->v[i]);
    *r = (struct reach){0};
}

void reach_warn(const struct reach *r, const struct accounts *accounts)
{
    for (size_t i = 0; i < accounts->n; i++)
        if (!covers(r, accounts->v[i].home))
            log_warn("%s: the home of %s is out of reach until tarryd is "
                     "restarted",
                     accounts->v[i].home, accounts->v[i].name);
}
