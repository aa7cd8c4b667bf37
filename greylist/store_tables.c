/*
 * The Berkeley DB environment of the store: transactions, a log, a cache, and
 * no locks (one thread changes records, see store_upkeep.c).
 *
 * DB_PRIVATE keeps the shared regions in this process's memory: none are left
 * in the folder to be damaged by a kill, none grow beyond the cache that was
 * asked for.  Hence only one process may have it open; store.c sees to that.
 *
 * DB_TXN_WRITE_NOSYNC: a commit is handed to the kernel, and not waited for
 * on the disk.  Pages have checksums, so that a torn or overwritten page is an
 * error and not a crash; they are as large as a block of the file system, so
 * that a power cut does not tear one.
 */
#include "greylist/store_tables.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_OCTETS  (16u * 1024 * 1024)
#define LOG_BUFFER  (256u * 1024)
#define PAGE_OCTETS 4096
/* A checkpoint leaves the disk to decisions now and then. */
#define WRITE_PAGES      256
#define WRITE_PAUSE_USEC 2000
#define CACHE_MINIMUM    (1024u * 1024)

static const char *const names[2] = {"triplets.db", "clients.db"};

static void note_error(const DB_ENV *env, const char *prefix, const char *text)
{
    struct tables *t = env->app_private;
    int nothing = 0;

    (void)prefix;
    if (!atomic_compare_exchange_strong(&t->said, &nothing, 1))
        return;
    snprintf(t->why, sizeof(t->why), "%s", text);
    t->said = 2;
}

static void note_event(DB_ENV *env, uint32_t event, void *info)
{
    struct tables *t = env->app_private;

    (void)info;
    if (event == DB_EVENT_WRITE_FAILED)
        t->write_failed = true;
}

/*
 * The library adds a quarter for its own structures to a cache below 500M, of
 * which four fifths of what was asked for come out as that.
 */
static uint64_t pages_of(uint64_t cache)
{
    uint64_t pages = cache - cache / 5;

    if (pages >= 500u * 1024 * 1024)
        return cache;
    return pages < CACHE_MINIMUM ? CACHE_MINIMUM : pages;
}

static int open_environment(struct tables *t, const char *directory,
                            uint64_t cache)
{
    uint64_t pages = pages_of(cache);
    DB_ENV *env;
    int rc;

    if ((rc = db_env_create(&env, 0)) != 0)
        return rc;
    t->env = env;
    env->app_private = t;
    env->set_errcall(env, note_error);
    if ((rc = env->set_event_notify(env, note_event)) != 0 ||
        (rc = env->set_cachesize(env, (uint32_t)(pages >> 30),
                                 (uint32_t)(pages & ((1u << 30) - 1)), 1)) !=
            0 ||
        (rc = env->set_mp_max_write(env, WRITE_PAGES, WRITE_PAUSE_USEC)) != 0 ||
        (rc = env->set_lg_max(env, LOG_OCTETS)) != 0 ||
        (rc = env->set_lg_bsize(env, LOG_BUFFER)) != 0 ||
        (rc = env->log_set_config(env, DB_LOG_AUTO_REMOVE, 1)) != 0 ||
        (rc = env->set_flags(env, DB_TXN_WRITE_NOSYNC, 1)) != 0)
        return rc;
    return env->open(env, directory,
                     DB_CREATE | DB_RECOVER | DB_PRIVATE | DB_THREAD |
                         DB_INIT_TXN | DB_INIT_LOG | DB_INIT_MPOOL,
                     0600);
}

static int open_table(struct tables *t, int which)
{
    int rc = db_create(&t->db[which], t->env, 0);
    DB *db = t->db[which];

    if (rc != 0)
        return rc;
    if ((rc = db->set_pagesize(db, PAGE_OCTETS)) != 0 ||
        (rc = db->set_flags(db, DB_CHKSUM)) != 0)
        return rc;
    return db->open(db, NULL, names[which], NULL, DB_BTREE,
                    DB_CREATE | DB_AUTO_COMMIT, 0600);
}

int tables_open(struct tables *t, const char *directory, uint64_t cache_octets)
{
    int rc;

    t->said = 0;
    t->write_failed = false;
    if ((rc = open_environment(t, directory, cache_octets)) != 0 ||
        (rc = open_table(t, 0)) != 0 || (rc = open_table(t, 1)) != 0) {
        tables_abandon(t);
        return rc;
    }
    t->upkeep = upkeep_start(t->env, directory);
    return 0;
}

/*
 * Pages say where in the log they were changed last, and a log that begins anew
 * has not come there: so they are made to say nothing.  What was not written
 * out when the log was lost may have left a tree that is none: so it is looked
 * at from end to end.
 */
static int mend_table(DB_ENV *env, const char *name)
{
    DB *db;
    int rc = env->lsn_reset(env, name, 0);

    if (rc == ENOENT)
        return 0;
    if (rc == 0 && (rc = db_create(&db, env, 0)) == 0)
        rc = db->verify(db, name, NULL, NULL, 0);
    return rc;
}

int tables_mend(const char *directory, uint64_t cache_octets)
{
    uint64_t pages = pages_of(cache_octets);
    DB_ENV *env;
    int rc;

    if ((rc = db_env_create(&env, 0)) != 0)
        return rc;
    env->set_errfile(env, NULL);
    if ((rc = env->set_cachesize(env, (uint32_t)(pages >> 30),
                                 (uint32_t)(pages & ((1u << 30) - 1)), 1)) ==
            0 &&
        (rc = env->set_tmp_dir(env, ".")) == 0 &&
        (rc = env->open(env, directory, DB_CREATE | DB_PRIVATE | DB_INIT_MPOOL,
                        0600)) == 0 &&
        (rc = mend_table(env, names[0])) == 0)
        rc = mend_table(env, names[1]);
    (void)env->close(env, 0);
    return rc;
}

static void close_with(struct tables *t, uint32_t flags)
{
    for (int i = 0; i < 2; i++)
        if (t->db[i] != NULL)
            (void)t->db[i]->close(t->db[i], flags);
    if (t->env != NULL)
        (void)t->env->close(t->env, 0);
    t->env = NULL;
    t->db[0] = t->db[1] = NULL;
}

void tables_close(struct tables *t)
{
    upkeep_stop(t->upkeep);
    t->upkeep = NULL;
    if (t->env != NULL)
        (void)t->env->txn_checkpoint(t->env, 0, 0, 0);
    close_with(t, 0);
}

void tables_abandon(struct tables *t)
{
    upkeep_stop(t->upkeep);
    t->upkeep = NULL;
    /* Or closing would leave its memory behind. */
    if (t->env != NULL)
        (void)t->env->set_flags(t->env, DB_NOPANIC, 1);
    close_with(t, DB_NOSYNC);
}

const char *tables_why(struct tables *t, int rc)
{
    return t->said == 2 ? t->why : db_strerror(rc);
}

bool tables_machine_failed(struct tables *t, int rc, const char *directory)
{
    static const int machine[] = {ENOSPC, EDQUOT, EFBIG,  EIO,    EROFS, EACCES,
                                  EPERM,  ENOMEM, EMFILE, ENFILE, EAGAIN};

    for (size_t i = 0; i < sizeof(machine) / sizeof(*machine); i++)
        if (rc == machine[i])
            return true;
    return t->write_failed || upkeep_no_room(directory);
}
