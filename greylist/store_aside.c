/*
 * The files of a store as files: set aside when they are damaged, measured.
 *
 * A log without its tables is of no use to Berkeley DB; tables without their
 * log may be whole (tables_mend()).  Nothing is ever deleted here; what was set
 * aside is left for the administrator.
 */
#include "greylist/store_tables.h"

#include "lib/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static bool is_table(const char *name)
{
    return strcmp(name, "triplets.db") == 0 || strcmp(name, "clients.db") == 0;
}

/* log.0000000001 and so on. */
static bool is_log(const char *name)
{
    return strncmp(name, "log.", 4) == 0 && strlen(name) == 14 &&
           strspn(name + 4, "0123456789") == 10;
}

static bool rename_damaged(int dir, const char *name, const char *stamp)
{
    char aside[300];

    snprintf(aside, sizeof(aside), "%s.damaged-%s", name, stamp);
    if (renameat(dir, name, dir, aside) != 0) {
        log_error("store: cannot rename %s: %s", name, strerror(errno));
        return false;
    }
    log_warn("store: %s is damaged, or not ours: now called %s", name, aside);
    return true;
}

unsigned tables_set_aside(const char *directory, enum tables_files which)
{
    DIR *dir = opendir(directory);
    time_t now = time(NULL);
    struct dirent *entry;
    char stamp[32];
    unsigned n = 0;
    struct tm tm;

    if (dir == NULL)
        return 0;
    gmtime_r(&now, &tm);
    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
    /* cppcheck-suppress readdirCalled */
    while ((entry = readdir(dir)) != NULL)
        if ((is_log(entry->d_name) ||
             (which == TABLES_ALL && is_table(entry->d_name))) &&
            rename_damaged(dirfd(dir), entry->d_name, stamp))
            n++;
    closedir(dir);
    return n;
}

void tables_size(const char *directory, uint64_t *data, uint64_t *logs)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;
    struct stat st;

    *data = *logs = 0;
    if (dir == NULL)
        return;
    /* cppcheck-suppress readdirCalled */
    while ((entry = readdir(dir)) != NULL) {
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (is_table(entry->d_name))
            *data += (uint64_t)st.st_size;
        else if (is_log(entry->d_name))
            *logs += (uint64_t)st.st_size;
    }
    closedir(dir);
}
