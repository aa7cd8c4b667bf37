/*
 * Copies a postgrey's database, see postgrey_copy.h.
 *
 * A postgrey seldom makes a checkpoint: after a kill, and while it runs, most
 * of its records are in its log alone, and only a recovery brings them into
 * the tables.  That must not happen in its own folder.  So the tables are
 * copied, then the logs, in this order (as db_hotbackup does), and recovered in
 * the copy.  Shared regions (__db.*) are not copied and not needed.
 *
 * Nothing in postgrey's folder is changed.
 */
#include "greylist/postgrey_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A multiple of any page: a page is copied with one read(2). */
#define CHUNK (64u * 1024)

static bool is_table(const char *name)
{
    return strcmp(name, "postgrey.db") == 0 ||
           strcmp(name, "postgrey_clients.db") == 0;
}

static bool is_log(const char *name)
{
    return strncmp(name, "log.", 4) == 0;
}

static int copy_octets(int in, int out)
{
    static char chunk[CHUNK];
    ssize_t n, written;

    while ((n = read(in, chunk, sizeof(chunk))) > 0)
        if ((written = write(out, chunk, (size_t)n)) != n) {
            if (written >= 0)
                errno = ENOSPC;
            return -1;
        }
    return n < 0 ? -1 : 0;
}

static int copy_file(struct postgrey_copy *c, const char *name)
{
    int in = openat(c->from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out =
        openat(c->to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = in < 0 || out < 0 ? -1 : copy_octets(in, out);

    if (rc != 0)
        snprintf(c->why, sizeof(c->why), "%.60s: %s", name, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return rc;
}

static int copy_all(struct postgrey_copy *c, bool (*wanted)(const char *name))
{
    int again = openat(c->from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again < 0 ? NULL : fdopendir(again);
    struct dirent *entry;
    int rc = 0;

    if (dir == NULL) {
        snprintf(c->why, sizeof(c->why), "%s", strerror(errno));
        if (again >= 0)
            close(again);
        return -1;
    }
    /* cppcheck-suppress readdirCalled */
    while (rc == 0 && (entry = readdir(dir)) != NULL)
        if (wanted(entry->d_name))
            rc = copy_file(c, entry->d_name);
    closedir(dir);
    return rc;
}

static int make_folder(struct postgrey_copy *c, const char *scratch)
{
    if ((size_t)snprintf(c->path, sizeof(c->path), "%s/postgrey.XXXXXX",
                         scratch) < sizeof(c->path) &&
        mkdtemp(c->path) != NULL)
        return open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    c->path[0] = '\0';
    return -1;
}

int postgrey_copy_make(struct postgrey_copy *c, const char *directory,
                       const char *scratch)
{
    c->from = -1;
    c->to = make_folder(c, scratch);
    if (c->to < 0) {
        snprintf(c->why, sizeof(c->why), "%.200s: %s", scratch,
                 strerror(errno));
        return -1;
    }
    c->from = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->from < 0 || faccessat(c->from, "postgrey.db", R_OK, 0) != 0) {
        snprintf(c->why, sizeof(c->why), "postgrey.db: %s", strerror(errno));
        return -1;
    }
    return copy_all(c, is_table) == 0 ? copy_all(c, is_log) : -1;
}

void postgrey_copy_remove(struct postgrey_copy *c)
{
    DIR *dir = c->to < 0 ? NULL : fdopendir(c->to);
    struct dirent *entry;

    /* cppcheck-suppress readdirCalled */
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    if (c->path[0] != '\0')
        (void)rmdir(c->path);
    if (c->from >= 0)
        close(c->from);
}
