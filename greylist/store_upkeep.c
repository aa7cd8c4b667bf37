/*
 * The thread behind the store.  Within about a second of a write it flushes
 * the log to the disk, and from time to time it makes a checkpoint, which
 * writes out the changed pages and lets old logs be removed.
 *
 * Both take as long as the disk takes; the event loop goes on meanwhile, at
 * the price of Berkeley DB's own mutexes (DB_THREAD).  There is one thread that
 * reads and changes records, so locks on pages (DB_INIT_LOCK) are not needed:
 * this one only writes out what is there.
 *
 * Under a flood of writes it flushes early, when they can have changed an
 * eighth of the cache; so the loop, when it must make room in a cache that is
 * too small, mostly finds pages whose log is on disk.
 *
 * Berkeley DB begins no log file before the last one is on the disk, and who
 * writes the record that does not fit has to wait for that.  So near its end
 * this thread fills a log file up with notes that mean nothing, and waits.
 *
 * What is left that the loop waits for: a flush before it can make room in the
 * cache, where the page's log was not on disk; and the end of a log file, when
 * it writes just then, or so much that it comes there first.
 *
 * It also looks at the room on the disk.  A log that cannot grow costs
 * Berkeley DB its environment and a recovery; it is cheaper to stop writing
 * before.  Nothing runs while nothing is written.
 *
 * Errors are not handled here: a broken environment shows in the next
 * decision.
 */
#include "greylist/store_upkeep.h"

#include "lib/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <time.h>

#define EARLY_MAX            2048
#define EARLY_OCTETS         (8 * 4096) /* of the cache, for each write */
#define CHECKPOINT_KILOBYTES (32 * 1024)
#define CHECKPOINT_MINUTES   5
#define PAUSE_SEC            1
#define LOG_END              (1024 * 1024) /* less is near it */
#define NOTE                 2000
#define NOTES                (2 * LOG_END / NOTE)

struct upkeep {
    DB_ENV *env;
    const char *directory;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    unsigned early;          /* so many writes are not left to gather */
    bool ending;             /* under the lock */
    _Atomic unsigned writes; /* records, since the log was flushed */
    _Atomic bool full;
};

bool upkeep_no_room(const char *directory)
{
    struct statvfs fs;

    return statvfs(directory, &fs) == 0 &&
           (uint64_t)fs.f_bavail * fs.f_frsize < UPKEEP_ROOM_OCTETS;
}

/* Octets to the end of the log file, and its number. */
static uint32_t log_room(DB_ENV *env, uint32_t *file)
{
    DB_LOG_STAT *st;
    uint32_t room;

    if (env->log_stat(env, &st, 0) != 0)
        return UINT32_MAX;
    *file = st->st_cur_file;
    room = st->st_lg_size - st->st_cur_offset;
    free(st);
    return room;
}

/* At most so many notes, of which the last is the first of the next file. */
static void end_log_file(DB_ENV *env)
{
    uint32_t file = 0, now = 0, room = log_room(env, &file);
    bool flushed = false;

    if (room > LOG_END)
        return;
    for (int i = 0; i < NOTES && now <= file; i++) {
        if (env->log_printf(env, NULL, "%0*d", NOTE, 0) != 0)
            return;
        room = log_room(env, &now);
        if (room < 2 * NOTE && !flushed) {
            flushed = true; /* the last one holds everybody up */
            (void)env->log_flush(env, NULL);
        }
    }
}

static void tend(struct upkeep *u)
{
    u->full = upkeep_no_room(u->directory);
    if (u->writes == 0)
        return;
    u->writes = 0;
    (void)u->env->log_flush(u->env, NULL);
    if (u->full)
        return;
    end_log_file(u->env);
    (void)u->env->txn_checkpoint(u->env, CHECKPOINT_KILOBYTES,
                                 CHECKPOINT_MINUTES, 0);
}

/* Lets a second's writes gather, unless they come thick. */
static void gather(struct upkeep *u)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PAUSE_SEC;
    while (!u->ending && u->writes < u->early)
        if (pthread_cond_timedwait(&u->work, &u->lock, &until) != 0)
            return;
}

static void *run(void *arg)
{
    struct upkeep *u = arg;

    pthread_mutex_lock(&u->lock);
    while (!u->ending) {
        if (u->writes == 0 && !u->full) {
            pthread_cond_wait(&u->work, &u->lock);
            continue;
        }
        gather(u);
        pthread_mutex_unlock(&u->lock);
        tend(u);
        pthread_mutex_lock(&u->lock);
    }
    pthread_mutex_unlock(&u->lock);
    return NULL;
}

static unsigned early_writes(DB_ENV *env)
{
    uint32_t gigabytes, octets;
    uint64_t early;
    int caches;

    if (env->get_cachesize(env, &gigabytes, &octets, &caches) != 0)
        return EARLY_MAX;
    early = (((uint64_t)gigabytes << 30) + octets) / EARLY_OCTETS;
    return early < EARLY_MAX ? (unsigned)early : EARLY_MAX;
}

struct upkeep *upkeep_start(DB_ENV *env, const char *directory)
{
    struct upkeep *u = xcalloc(1, sizeof(*u));
    pthread_condattr_t attr;
    sigset_t all, old;
    int error;

    u->env = env;
    u->directory = directory;
    u->early = early_writes(env);
    u->full = upkeep_no_room(directory);
    pthread_mutex_init(&u->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&u->work, &attr);
    pthread_condattr_destroy(&attr);
    /* Signals are for the loop. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(&u->thread, NULL, run, u);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error != 0)
        fatal(EX_OSERR, "store: cannot start a thread: error %d", error);
    return u;
}

void upkeep_stop(struct upkeep *u)
{
    if (u == NULL)
        return;
    pthread_mutex_lock(&u->lock);
    u->ending = true;
    pthread_cond_signal(&u->work);
    pthread_mutex_unlock(&u->lock);
    pthread_join(u->thread, NULL);
    pthread_cond_destroy(&u->work);
    pthread_mutex_destroy(&u->lock);
    free(u);
}

void upkeep_wrote(struct upkeep *u, unsigned records)
{
    unsigned before = atomic_fetch_add(&u->writes, records);

    if (before != 0 && (before >= u->early || before + records < u->early))
        return;
    pthread_mutex_lock(&u->lock);
    pthread_cond_signal(&u->work);
    pthread_mutex_unlock(&u->lock);
}

bool upkeep_full(const struct upkeep *u)
{
    return u->full;
}
