/*
 * The greylist's store: opened, found to fail, opened again.
 *
 * The store is open, or it is closed and tried again after a pause:
 *
 *   an operation fails         -> closed, one log line a minute at most
 *   the pause is over          -> opened again, with recovery
 *     fails for the machine's sake (no space, no permission) -> closed, a pause
 *     fails for the files' sake -> the log is set aside, and the tables too if
 *                                  they are not whole in themselves
 *   fails again and again within an hour though it opens, and the machine is
 *   not the reason             -> the files are damaged where recovery does not
 *                                 look; the same is done the next time
 *
 * With no room on the disk, writing stops before the library is hurt by it,
 * and reading goes on.
 *
 * Only one process may have the folder: "lock" in it is locked.  Nothing here
 * decides anything about mail, and nothing waits for the disk but opening.
 */
#include "greylist/store_health.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MIN_SEC 1
#define PAUSE_MAX_SEC 10
#define COMPLAIN_SEC  60
#define SUSPECT_SEC   3600
#define SUSPECT_TIMES 3

static int64_t monotonic_sec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static void complain(struct store *s, const char *what, const char *why)
{
    int64_t now = monotonic_sec();

    if (s->complained_at != 0 && now - s->complained_at < COMPLAIN_SEC)
        return;
    s->complained_at = now;
    log_error("store: %s: %s: mail is let through", what, why);
}

static void pause_for(struct store *s)
{
    s->pause_sec = s->pause_sec == 0 ? PAUSE_MIN_SEC : s->pause_sec * 2;
    if (s->pause_sec > PAUSE_MAX_SEC)
        s->pause_sec = PAUSE_MAX_SEC;
    s->retry_at = monotonic_sec() + s->pause_sec;
}

/* Without its log, if its tables are whole; or else an empty one. */
static int open_damaged(struct store *s)
{
    s->set_aside += tables_set_aside(s->directory, TABLES_LOGS);
    if (tables_mend(s->directory, s->cache_octets) == 0 &&
        tables_open(&s->t, s->directory, s->cache_octets) == 0) {
        log_warn("store: its tables are whole, and kept");
        return 0;
    }
    s->set_aside += tables_set_aside(s->directory, TABLES_ALL);
    return tables_open(&s->t, s->directory, s->cache_octets);
}

/* Opens, if need be an empty one. Returns 0, or -1 for the machine's sake. */
static int try_open(struct store *s)
{
    int rc = 0;

    if (!s->damaged)
        rc = tables_open(&s->t, s->directory, s->cache_octets);
    if (rc != 0 && !tables_machine_failed(&s->t, rc, s->directory)) {
        log_error("store: cannot be opened: %s", tables_why(&s->t, rc));
        s->damaged = true;
    }
    if (s->damaged)
        rc = open_damaged(s);
    s->damaged = false;
    if (rc == 0)
        return 0;
    complain(s, "cannot be opened", tables_why(&s->t, rc));
    pause_for(s);
    return -1;
}

/* Open, or made so if it is time. */
bool store_ready(struct store *s)
{
    if (s->t.env != NULL)
        return true;
    if (monotonic_sec() < s->retry_at)
        return false;
    if (s->t.write_failed && upkeep_no_room(s->directory)) {
        complain(s, "stays closed", "no room on the disk");
        pause_for(s);
        return false;
    }
    if (try_open(s) != 0)
        return false;
    log_warn("store: open again");
    s->pause_sec = 0;
    s->complained_at = 0;
    return true;
}

/* Counts failures that the machine does not explain. */
static bool is_suspect(struct store *s)
{
    int64_t now = monotonic_sec();

    if (s->suspect == 0 || now - s->suspect_since > SUSPECT_SEC) {
        s->suspect = 0;
        s->suspect_since = now;
    }
    return ++s->suspect >= SUSPECT_TIMES;
}

int store_failed(struct store *s, const char *what, int rc)
{
    bool machine = tables_machine_failed(&s->t, rc, s->directory);

    s->failures++;
    complain(s, what, tables_why(&s->t, rc));
    if (s->txn != NULL)
        (void)s->txn->abort(s->txn);
    s->txn = NULL;
    s->changes = 0;
    s->lost = s->held;
    tables_abandon(&s->t);
    recent_clear(s->recent);
    if (!machine && is_suspect(s)) {
        s->damaged = true;
        s->suspect = 0;
    }
    pause_for(s);
    return -1;
}

static int make_directory(struct store *s, char *err, size_t size)
{
    char path[4096];

    if (mkdir(s->directory, 0700) != 0 && errno != EEXIST) {
        snprintf(err, size, "%s: %s", s->directory, strerror(errno));
        return -1;
    }
    if ((size_t)snprintf(path, sizeof(path), "%s/lock", s->directory) >=
        sizeof(path)) {
        snprintf(err, size, "%s: name too long", s->directory);
        return -1;
    }
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        snprintf(err, size, "%s: %s", path,
                 errno == EWOULDBLOCK ? "another process has it open"
                                      : strerror(errno));
        return -1;
    }
    return 0;
}

struct store *store_open(const char *directory, uint64_t cache_octets,
                         char *err, size_t size)
{
    struct store *s = xcalloc(1, sizeof(*s));
    uint64_t recent;

    s->lock = -1;
    s->directory = xstrdup(directory);
    recent = cache_octets / 4 < RECENT_MAX ? cache_octets / 4 : RECENT_MAX;
    s->cache_octets = cache_octets - recent;
    s->recent = recent_new(recent);
    if (make_directory(s, err, size) != 0) {
        store_close(s);
        return NULL;
    }
    (void)try_open(s); /* or later */
    return s;
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    (void)store_release(s);
    tables_close(&s->t);
    if (s->lock >= 0)
        close(s->lock);
    recent_free(s->recent);
    free(s->directory);
    free(s);
}

/* Ready, and with room to write. */
bool store_writable(struct store *s)
{
    if (!store_ready(s))
        return false;
    if (!upkeep_full(s->t.upkeep))
        return true;
    complain(s, "cannot write", "no room on the disk");
    return false;
}

void store_condition(struct store *s, struct store_condition *out)
{
    memset(out, 0, sizeof(*out));
    out->works = s->t.env != NULL && !upkeep_full(s->t.upkeep);
    out->failures = s->failures;
    out->set_aside = s->set_aside;
    tables_size(s->directory, &out->data_octets, &out->log_octets);
}
