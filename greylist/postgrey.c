/*
 * Reads a postgrey's database, see postgrey.h.
 *
 * A postgrey seldom makes a checkpoint: after a kill, and while it runs, most
 * of its records are in its log alone, and only a recovery brings them into
 * the tables.  That must not happen in its own folder.  So the tables are
 * copied, then the logs, in this order (as db_hotbackup does), and recovered in
 * the copy.  Shared regions (__db.*) are not copied and not needed.
 *
 * Keys and values are checked octet by octet before anybody sees them. What
 * is not of the form is counted and left out.
 */
#include "greylist/postgrey.h"

#include <db.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A multiple of any page: a page is copied with one read(2). */
#define CHUNK (64u * 1024)
#define KEY   1100

struct reading {
    const struct postgrey_ops *ops;
    void *arg;
    struct postgrey_result *result;
    char copy[PATH_MAX];
    int from, to; /* folders */
    char why[256];
};

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
    ssize_t n;

    while ((n = read(in, chunk, sizeof(chunk))) > 0)
        if (write(out, chunk, (size_t)n) != n) {
            if (errno == 0)
                errno = ENOSPC;
            return -1;
        }
    return n < 0 ? -1 : 0;
}

static int copy_file(struct reading *r, const char *name)
{
    int in = openat(r->from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out =
        openat(r->to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = in < 0 || out < 0 ? -1 : copy_octets(in, out);

    if (rc != 0)
        snprintf(r->why, sizeof(r->why), "%.60s: %s", name, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return rc;
}

static int copy_all(struct reading *r, bool (*wanted)(const char *name))
{
    int again = openat(r->from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again < 0 ? NULL : fdopendir(again);
    struct dirent *entry;
    int rc = 0;

    if (dir == NULL) {
        snprintf(r->why, sizeof(r->why), "%s", strerror(errno));
        if (again >= 0)
            close(again);
        return -1;
    }
    /* cppcheck-suppress readdirCalled */
    while (rc == 0 && (entry = readdir(dir)) != NULL)
        if (wanted(entry->d_name))
            rc = copy_file(r, entry->d_name);
    closedir(dir);
    return rc;
}

static void remove_copy(struct reading *r)
{
    DIR *dir = fdopendir(r->to);
    struct dirent *entry;

    /* cppcheck-suppress readdirCalled */
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    (void)rmdir(r->copy);
}

/* Two numbers with a comma between, and perhaps more behind another comma. */
static bool two_numbers(const char *value, int64_t out[2])
{
    char *end;

    for (int i = 0; i < 2; i++) {
        if (*value < '0' || *value > '9')
            return false;
        errno = 0;
        out[i] = strtoll(value, &end, 10);
        if (errno != 0 || (i == 0 ? *end != ',' : *end != '\0' && *end != ','))
            return false;
        value = end + 1;
    }
    return true;
}

/*
 * Addresses of hosts and domains have no '/', local parts may: the sender
 * begins behind the first '/' and ends at the first behind its '@'.  A null
 * sender is empty, and a bare name ends at the next '/'.
 */
static bool split_key(char *key, struct postgrey_triplet *t)
{
    char *sender = strchr(key, '/'), *at, *slash = NULL;

    if (sender == NULL)
        return false;
    *sender++ = '\0';
    at = sender[0] == '/' ? NULL : strchr(sender, '@');
    if (at != NULL)
        slash = strchr(at, '/');
    if (slash == NULL)
        slash = strchr(sender, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    t->network = key;
    t->sender = sender;
    t->recipient = slash + 1;
    return key[0] != '\0' && t->recipient[0] != '\0';
}

static bool show_triplet(struct reading *r, char *key, const char *value)
{
    struct postgrey_triplet t;
    int64_t v[2];

    if (!split_key(key, &t) || !two_numbers(value, v) || v[0] > v[1])
        return false;
    t.first = v[0];
    t.last = v[1];
    r->ops->triplet(&t, r->arg);
    r->result->triplets++;
    return true;
}

static bool show_client(struct reading *r, char *key, const char *value)
{
    struct postgrey_client c = {.address = key};
    int64_t v[2];

    if (strspn(key, "0123456789abcdefABCDEF.:") != strlen(key) ||
        strpbrk(key, ".:") == NULL || !two_numbers(value, v) ||
        v[0] > UINT32_MAX)
        return false;
    c.count = (uint32_t)v[0];
    c.last = v[1];
    r->ops->client(&c, r->arg);
    r->result->clients++;
    return true;
}

/* A text, made one: postgrey's have no NUL at their end. */
static bool text(const DBT *d, char *out, size_t size)
{
    if (d->size >= size || memchr(d->data, '\0', d->size) != NULL)
        return false;
    memcpy(out, d->data, d->size);
    out[d->size] = '\0';
    return true;
}

static int show_all(struct reading *r, DB *db,
                    bool (*show)(struct reading *, char *, const char *))
{
    char key[KEY], value[KEY];
    DBT k = {0}, v = {0};
    DBC *cursor;
    int rc;

    if ((rc = db->cursor(db, NULL, &cursor, 0)) != 0)
        return rc;
    while ((rc = cursor->get(cursor, &k, &v, DB_NEXT)) == 0)
        if (!text(&k, key, sizeof(key)) || !text(&v, value, sizeof(value)) ||
            !show(r, key, value))
            r->result->unreadable++;
    (void)cursor->close(cursor);
    return rc == DB_NOTFOUND ? 0 : rc;
}

static int read_table(struct reading *r, DB_ENV *env, const char *name,
                      bool (*show)(struct reading *, char *, const char *))
{
    DB *db;
    int rc = db_create(&db, env, 0);

    if (rc != 0)
        return rc;
    rc = db->open(db, NULL, name, NULL, DB_BTREE, DB_RDONLY, 0);
    if (rc == 0)
        rc = show_all(r, db, show);
    (void)db->close(db, DB_NOSYNC);
    if (rc != 0)
        snprintf(r->why, sizeof(r->why), "%s: %s", name, db_strerror(rc));
    return rc;
}

static int open_copy(struct reading *r, DB_ENV *env)
{
    int rc = env->open(env, r->copy,
                       DB_CREATE | DB_RECOVER_FATAL | DB_PRIVATE | DB_INIT_TXN |
                           DB_INIT_LOG | DB_INIT_MPOOL,
                       0600);

    if (rc != 0)
        snprintf(r->why, sizeof(r->why), "cannot recover it: %s",
                 db_strerror(rc));
    return rc;
}

static int read_copy(struct reading *r)
{
    DB_ENV *env;
    int rc;

    if ((rc = db_env_create(&env, 0)) != 0) {
        snprintf(r->why, sizeof(r->why), "%s", db_strerror(rc));
        return -1;
    }
    env->set_errfile(env, NULL);
    rc = open_copy(r, env);
    if (rc == 0)
        rc = read_table(r, env, "postgrey.db", show_triplet);
    /* Made only when clients are learnt: --auto-whitelist-clients. */
    if (rc == 0 && faccessat(r->to, "postgrey_clients.db", F_OK, 0) == 0)
        rc = read_table(r, env, "postgrey_clients.db", show_client);
    (void)env->close(env, 0);
    return rc == 0 ? 0 : -1;
}

static int make_copy(struct reading *r, const char *directory,
                     const char *scratch)
{
    if ((size_t)snprintf(r->copy, sizeof(r->copy), "%s/postgrey.XXXXXX",
                         scratch) >= sizeof(r->copy) ||
        mkdtemp(r->copy) == NULL ||
        (r->to = open(r->copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        snprintf(r->why, sizeof(r->why), "%.200s: %s", scratch,
                 strerror(errno));
        return -1;
    }
    r->from = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->from < 0 || faccessat(r->from, "postgrey.db", R_OK, 0) != 0) {
        snprintf(r->why, sizeof(r->why), "postgrey.db: %s", strerror(errno));
        return -1;
    }
    return copy_all(r, is_table) == 0 ? copy_all(r, is_log) : -1;
}

int postgrey_read(const char *directory, const char *scratch,
                  const struct postgrey_ops *ops, void *arg,
                  struct postgrey_result *result, char *err, size_t size)
{
    struct reading r = {
        .ops = ops, .arg = arg, .result = result, .from = -1, .to = -1};
    int rc;

    memset(result, 0, sizeof(*result));
    rc = make_copy(&r, directory, scratch);
    if (rc == 0)
        rc = read_copy(&r);
    if (rc != 0)
        snprintf(err, size, "%s: %s", directory, r.why);
    if (r.from >= 0)
        close(r.from);
    if (r.to >= 0)
        remove_copy(&r);
    return rc;
}
