/*
 * A clock that runs faster, for programs that retry for days.
 *
 * A shared object for /etc/ld.so.preload of a root of its own: there it is in
 * every program, set-uid ones and those that clean their environment too, and
 * they all have the same clock, because it begins at the moment that the file
 * /etc/fast-clock names: "SPEED REALTIME MONOTONIC", both in nanoseconds.  It
 * may lie ahead: then there is time to start.
 * (libfaketime begins anew in a process that has lost its environment, and
 * does not know setitimer.)
 *
 * Faster are: what time it is, sleeps, alarms, timers, how long select, poll
 * and epoll wait; file times agree with it.  Not faster is what libc does
 * inside, as the wait for a name server: it is meant to take no time.
 *
 * The system is called directly, so that nothing here needs what it replaces.
 */
#include "tests/senders/clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utime.h>

#define FILE_NAME "/etc/fast-clock"

long long fast_speed = 1;
static long long wall_epoch, mono_epoch;

__attribute__((constructor)) static void begin(void)
{
    char text[128], *p = text;
    int fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    text[n] = '\0';
    fast_speed = strtoll(p, &p, 10);
    wall_epoch = strtoll(p, &p, 10);
    mono_epoch = strtoll(p, &p, 10);
    if (fast_speed < 1)
        fast_speed = 1;
}

/* A moment before the epoch stays where it is. */
static long long hasten(long long ns, long long epoch)
{
    return ns <= epoch ? ns : epoch + (ns - epoch) * fast_speed;
}

long long fast_slow_down(long long ns, long long epoch)
{
    return ns <= epoch ? ns : epoch + (ns - epoch) / fast_speed;
}

long long fast_wait(long long ns)
{
    struct timespec t;
    long long ahead;

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    ahead = mono_epoch - from_spec(&t);
    if (ns <= 0 || ns <= ahead)
        return ns;
    if (ahead < 0)
        ahead = 0;
    return ahead + (ns - ahead + fast_speed - 1) / fast_speed;
}

bool fast_epoch(clockid_t clock, long long *epoch)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        *epoch = wall_epoch;
        return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
        *epoch = mono_epoch;
        return true;
    default:
        return false; /* of the processor */
    }
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    long long epoch;

    if (syscall(SYS_clock_gettime, clock, t) != 0)
        return -1;
    if (fast_epoch(clock, &epoch))
        *t = to_spec(hasten(from_spec(t), epoch));
    return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    *tv = to_val(from_spec(&t));
    return 0;
}

time_t time(time_t *out)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    if (out != NULL)
        *out = t.tv_sec;
    return t.tv_sec;
}

/* File times. */

int fstatat(int fd, const char *restrict path, struct stat *restrict s,
            int flags)
{
    if (syscall(SYS_newfstatat, fd, path, s, flags) != 0)
        return -1;
    s->st_atim = to_spec(hasten(from_spec(&s->st_atim), wall_epoch));
    s->st_mtim = to_spec(hasten(from_spec(&s->st_mtim), wall_epoch));
    s->st_ctim = to_spec(hasten(from_spec(&s->st_ctim), wall_epoch));
    return 0;
}

int stat(const char *restrict path, struct stat *restrict s)
{
    return fstatat(AT_FDCWD, path, s, 0);
}

int lstat(const char *restrict path, struct stat *restrict s)
{
    return fstatat(AT_FDCWD, path, s, AT_SYMLINK_NOFOLLOW);
}

int fstat(int fd, struct stat *s)
{
    return fstatat(fd, "", s, AT_EMPTY_PATH);
}

/* With large files they are the same here, and have names of their own. */
int stat64(const char *restrict, struct stat64 *restrict)
    __attribute__((alias("stat")));
int lstat64(const char *restrict, struct stat64 *restrict)
    __attribute__((alias("lstat")));
int fstat64(int, struct stat64 *) __attribute__((alias("fstat")));
int fstatat64(int, const char *restrict, struct stat64 *restrict, int)
    __attribute__((alias("fstatat")));

static struct timespec file_time(const struct timespec *t)
{
    if (t->tv_nsec == UTIME_NOW || t->tv_nsec == UTIME_OMIT)
        return *t;
    return to_spec(fast_slow_down(from_spec(t), wall_epoch));
}

static int set_times(int fd, const char *path, const struct timespec *t,
                     int flags)
{
    struct timespec real[2];

    if (t != NULL) {
        real[0] = file_time(&t[0]);
        real[1] = file_time(&t[1]);
    }
    return (int)syscall(SYS_utimensat, fd, path, t != NULL ? real : NULL,
                        flags);
}

static int set_times_us(int fd, const char *path, const struct timeval *t)
{
    struct timespec spec[2];

    if (t == NULL)
        return set_times(fd, path, NULL, 0);
    spec[0] = to_spec(from_val(&t[0]));
    spec[1] = to_spec(from_val(&t[1]));
    return set_times(fd, path, spec, 0);
}

int utimensat(int fd, const char *path, const struct timespec t[2], int flags)
{
    return set_times(fd, path, t, flags);
}

int futimens(int fd, const struct timespec t[2])
{
    return set_times(fd, NULL, t, 0);
}

int utimes(const char *path, const struct timeval t[2])
{
    return set_times_us(AT_FDCWD, path, t);
}

int futimes(int fd, const struct timeval t[2])
{
    return set_times_us(fd, NULL, t);
}

int utime(const char *path, const struct utimbuf *u)
{
    struct timeval t[2];

    if (u == NULL)
        return set_times_us(AT_FDCWD, path, NULL);
    t[0] = (struct timeval){.tv_sec = u->actime};
    t[1] = (struct timeval){.tv_sec = u->modtime};
    return set_times_us(AT_FDCWD, path, t);
}
