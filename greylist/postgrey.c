/*
 * Reads a postgrey's database, see postgrey.h, in a copy (postgrey_copy.c) that
 * is recovered first.
 *
 * Keys and values are checked octet by octet before anybody sees them. What
 * is not of the form is counted and left out.
 */
#include "greylist/postgrey.h"

#include "greylist/postgrey_copy.h"

#include <db.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY 1100

struct reading {
    const struct postgrey_ops *ops;
    void *arg;
    struct postgrey_result *result;
    struct postgrey_copy copy;
};

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
        snprintf(r->copy.why, sizeof(r->copy.why), "%s: %s", name,
                 db_strerror(rc));
    return rc;
}

static int open_copy(struct reading *r, DB_ENV *env)
{
    int rc = env->open(env, r->copy.path,
                       DB_CREATE | DB_RECOVER_FATAL | DB_PRIVATE | DB_INIT_TXN |
                           DB_INIT_LOG | DB_INIT_MPOOL,
                       0600);

    if (rc != 0)
        snprintf(r->copy.why, sizeof(r->copy.why), "cannot recover it: %s",
                 db_strerror(rc));
    return rc;
}

static int read_copy(struct reading *r)
{
    DB_ENV *env;
    int rc;

    if ((rc = db_env_create(&env, 0)) != 0) {
        snprintf(r->copy.why, sizeof(r->copy.why), "%s", db_strerror(rc));
        return -1;
    }
    env->set_errfile(env, NULL);
    rc = open_copy(r, env);
    if (rc == 0)
        rc = read_table(r, env, "postgrey.db", show_triplet);
    /* Made only when clients are learnt: --auto-whitelist-clients. */
    if (rc == 0 && faccessat(r->copy.to, "postgrey_clients.db", F_OK, 0) == 0)
        rc = read_table(r, env, "postgrey_clients.db", show_client);
    (void)env->close(env, 0);
    return rc == 0 ? 0 : -1;
}

int postgrey_read(const char *directory, const char *scratch,
                  const struct postgrey_ops *ops, void *arg,
                  struct postgrey_result *result, char *err, size_t size)
{
    struct reading r = {.ops = ops, .arg = arg, .result = result};
    int rc;

    memset(result, 0, sizeof(*result));
    rc = postgrey_copy_make(&r.copy, directory, scratch);
    if (rc == 0)
        rc = read_copy(&r);
    if (rc != 0)
        snprintf(err, size, "%s: %s", directory, r.copy.why);
    postgrey_copy_remove(&r.copy);
    return rc;
}
