/*
 * The user, the folder of the mailboxes, and the state folder.
 *
 * The state folder is root's, sticky, and writable for the group of `user`:
 * the unprivileged programs may keep their things there, but cannot replace
 * what root made, above all `empty`, the folder into which smtpd is locked.
 *
 * A folder that was there before is never given another owner: the option may
 * name /var by mistake.  It is taken as it is, or refused with the command
 * that would make it fit.
 */
#include "tarryd/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_MODE 01770u

void check_user(const struct conf *c, struct report *r)
{
    const struct passwd *pw;

    if (geteuid() != 0)
        return;
    if (c->user == NULL) {
        report_mistake(r, c->file, "user",
                       "is missing; started by root, tarryd must know as whom "
                       "its programs shall run");
        return;
    }
    pw = getpwnam(c->user);
    if (pw == NULL)
        report_mistake(r, c->file, "user",
                       "there is no user \"%s\" (adduser --system --group "
                       "--no-create-home %s makes one)",
                       c->user, c->user);
    else if (pw->pw_uid == 0)
        report_mistake(r, c->file, "user", "\"%s\" is root", c->user);
}

void check_mailboxes(const struct conf *c, struct report *r)
{
    char path[4096];
    struct stat st;

    if (c->mailboxes_system)
        return;
    conf_mailboxes_folder(c, path, sizeof(path));
    if (path[0] == '\0')
        report_mistake(r, c->file, "mailboxes",
                       "must lie in a folder of their own");
    else if (stat(path, &st) != 0)
        report_mistake(r, c->file, "mailboxes", "%s: %s", path,
                       strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        report_mistake(r, c->file, "mailboxes", "%s: is not a folder", path);
}

int make_folders(const char *path, unsigned mode)
{
    char part[4096];
    size_t len = strlen(path);

    if (len >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 1; i < len; i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return -1;
    }
    return mkdir(path, mode);
}

/* True when nothing is in it. Takes the descriptor over. */
static bool is_empty(int fd)
{
    DIR *dir = fdopendir(fd);
    const struct dirent *e;
    bool empty = true;

    if (dir == NULL) {
        close(fd);
        return false;
    }
    while ((e = readdir(dir)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            empty = false;
    closedir(dir);
    return empty;
}

/* The group that the state folder is writable for; -1: we are not root. */
static gid_t state_group(const struct conf *c)
{
    const struct passwd *pw = geteuid() == 0 ? getpwnam(c->user) : NULL;

    return pw != NULL ? pw->pw_gid : (gid_t)-1;
}

enum fit { FITS, CAN_BE_MADE_FIT, DOES_NOT_FIT };

/* A folder that was there before us. */
static enum fit judge_state(const struct conf *c, int fd, struct report *r)
{
    gid_t group = state_group(c);
    struct stat st;

    if (fstat(fd, &st) != 0) {
        report_mistake(r, c->file, "state", "%s: %s", c->state,
                       strerror(errno));
        return DOES_NOT_FIT;
    }
    if (group == (gid_t)-1) {
        if (st.st_uid == geteuid() && (st.st_mode & 0700) == 0700)
            return FITS;
        report_mistake(r, c->file, "state",
                       "%s: belongs to another user, or may not be written",
                       c->state);
        return DOES_NOT_FIT;
    }
    if (st.st_uid == 0 && st.st_gid == group &&
        (st.st_mode & 07777) == STATE_MODE)
        return FITS;
    if (st.st_uid == 0 && is_empty(dup(fd)))
        return CAN_BE_MADE_FIT;
    report_mistake(r, c->file, "state",
                   "%s: is there, but was not made by tarryd; if it is meant: "
                   "chown root:%u %s && chmod %o %s",
                   c->state, (unsigned)group, c->state, STATE_MODE, c->state);
    return DOES_NOT_FIT;
}

/* A folder of ours, or a new one of root's: make it fit, if it does not. */
static int fit_state(const struct conf *c, int fd, bool made, struct report *r)
{
    gid_t group = state_group(c);
    enum fit fit =
        made && group != (gid_t)-1 ? CAN_BE_MADE_FIT : judge_state(c, fd, r);

    if (fit != CAN_BE_MADE_FIT)
        return fit == FITS ? 0 : -1;
    if (fchown(fd, 0, group) == 0 && fchmod(fd, STATE_MODE) == 0)
        return 0;
    report_mistake(r, c->file, "state", "%s: %s", c->state, strerror(errno));
    return -1;
}

static int make_empty(const struct conf *c, int state, struct report *r)
{
    struct stat st;

    if (mkdirat(state, "empty", 0555) != 0 && errno != EEXIST) {
        report_mistake(r, c->file, "state", "%s/empty: %s", c->state,
                       strerror(errno));
        return -1;
    }
    if (fstatat(state, "empty", &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        fchmodat(state, "empty", 0555, 0) != 0) {
        report_mistake(r, c->file, "state",
                       "%s/empty: is not a folder of ours; remove it",
                       c->state);
        return -1;
    }
    return 0;
}

int check_state(const struct conf *c, struct report *r)
{
    bool made = make_folders(c->state, 0700) == 0;
    int fd, rc = -1;

    if (!made && errno != EEXIST) {
        report_mistake(r, c->file, "state", "%s: cannot be made: %s", c->state,
                       strerror(errno));
        return -1;
    }
    fd = open(c->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        report_mistake(r, c->file, "state", "%s: %s", c->state,
                       strerror(errno));
        return -1;
    }
    if (fit_state(c, fd, made, r) == 0)
        rc = make_empty(c, fd, r);
    close(fd);
    return rc;
}

/* Whether what is missing of the path can be made in the last that is there. */
static void try_above(const struct conf *c, struct report *r)
{
    char part[4096];
    struct stat st;
    char *above;

    snprintf(part, sizeof(part), "%s", c->state);
    do {
        above = dirname(part);
        memmove(part, above, strlen(above) + 1);
    } while (stat(part, &st) != 0 && errno == ENOENT);
    if (stat(part, &st) == 0 && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    else if (access(part, W_OK | X_OK) == 0)
        return;
    report_mistake(r, c->file, "state", "%s: cannot be made: %s: %s", c->state,
                   part, strerror(errno));
}

void check_state_only(const struct conf *c, struct report *r)
{
    int fd = open(c->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)judge_state(c, fd, r);
        close(fd);
    } else if (errno == ENOENT) {
        try_above(c, r);
    } else {
        report_mistake(r, c->file, "state", "%s: %s", c->state,
                       strerror(errno));
    }
}
