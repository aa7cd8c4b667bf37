/*
 * How long programs with the faster clock wait, see clock.c: sleeps, alarms,
 * and waits for descriptors.  A wait is never shortened to none at all.
 */
#include "tests/senders/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleeps. */

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
                    struct timespec *left)
{
    long long epoch, ns = from_spec(t);
    struct timespec real;
    int failed;

    if ((flags & TIMER_ABSTIME) == 0)
        real = to_spec(fast_wait(ns));
    else
        real =
            fast_epoch(clock, &epoch) ? to_spec(fast_slow_down(ns, epoch)) : *t;
    failed = syscall(SYS_clock_nanosleep, clock, flags, &real, left) != 0;
    if (failed && left != NULL && (flags & TIMER_ABSTIME) == 0)
        *left = to_spec(from_spec(left) * fast_speed);
    return failed ? errno : 0;
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
    int e = clock_nanosleep(CLOCK_MONOTONIC, 0, t, left);

    if (e != 0)
        errno = e;
    return e != 0 ? -1 : 0;
}

unsigned sleep(unsigned sec)
{
    struct timespec t = {.tv_sec = sec}, left = {0};

    return nanosleep(&t, &left) == 0 ? 0 : (unsigned)left.tv_sec + 1;
}

int usleep(useconds_t us)
{
    struct timespec t = to_spec(us * 1000LL);

    return nanosleep(&t, NULL);
}

/* Alarms. */

static void hasten_timer(struct itimerval *t)
{
    t->it_value = to_val(from_val(&t->it_value) * fast_speed);
    t->it_interval = to_val(from_val(&t->it_interval) * fast_speed);
}

static struct timeval alarm_of(const struct timeval *t)
{
    long long ns = fast_wait(from_val(t));

    return to_val(ns > 0 && ns < 1000 ? 1000 : ns);
}

int setitimer(__itimer_which_t which, const struct itimerval *t,
              struct itimerval *old)
{
    struct itimerval real;

    if (which != ITIMER_REAL || t == NULL)
        return (int)syscall(SYS_setitimer, which, t, old);
    real.it_value = alarm_of(&t->it_value);
    real.it_interval = alarm_of(&t->it_interval);
    if (syscall(SYS_setitimer, which, &real, old) != 0)
        return -1;
    if (old != NULL)
        hasten_timer(old);
    return 0;
}

int getitimer(__itimer_which_t which, struct itimerval *t)
{
    if (syscall(SYS_getitimer, which, t) != 0)
        return -1;
    if (which == ITIMER_REAL)
        hasten_timer(t);
    return 0;
}

unsigned alarm(unsigned sec)
{
    struct itimerval t = {.it_value = {.tv_sec = sec}}, old;

    if (setitimer(ITIMER_REAL, &t, &old) != 0)
        return 0;
    return (unsigned)((from_val(&old.it_value) + SECOND - 1) / SECOND);
}

/* Waits for descriptors. */

int pselect(int n, fd_set *restrict r, fd_set *restrict w, fd_set *restrict x,
            const struct timespec *restrict t, const sigset_t *restrict mask)
{
    struct timespec real;
    struct {
        const sigset_t *set;
        size_t size;
    } sigs = {mask, 8};

    if (t != NULL)
        real = to_spec(fast_wait(from_spec(t)));
    return (int)syscall(SYS_pselect6, n, r, w, x, t != NULL ? &real : NULL,
                        &sigs);
}

/* Some rely on being told how much was left. */
int select(int n, fd_set *restrict r, fd_set *restrict w, fd_set *restrict x,
           struct timeval *restrict t)
{
    struct timespec before, after, wait;
    long long left;
    int ready, e;

    if (t == NULL)
        return pselect(n, r, w, x, NULL, NULL);
    wait = to_spec(from_val(t));
    clock_gettime(CLOCK_MONOTONIC, &before);
    ready = pselect(n, r, w, x, &wait, NULL);
    e = errno;
    clock_gettime(CLOCK_MONOTONIC, &after);
    left = from_val(t) - (from_spec(&after) - from_spec(&before));
    *t = to_val(ready == 0 || left < 0 ? 0 : left);
    errno = e;
    return ready;
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t,
          const sigset_t *mask)
{
    struct timespec real;

    if (t != NULL)
        real = to_spec(fast_wait(from_spec(t)));
    return (int)syscall(SYS_ppoll, fds, n, t != NULL ? &real : NULL, mask,
                        (size_t)8);
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
    struct timespec t = to_spec(ms * 1000000LL);

    return ppoll(fds, n, ms < 0 ? NULL : &t, NULL);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room)
{
    return room / sizeof(*fds) < n ? (abort(), -1) : poll(fds, n, ms);
}

static long wait_for_events(int fd, struct epoll_event *events, int n, int ms,
                            const sigset_t *mask)
{
    if (ms > 0)
        ms = (int)((fast_wait(ms * 1000000LL) + 999999) / 1000000);
    return syscall(SYS_epoll_pwait, fd, events, n, ms, mask, (size_t)8);
}

int epoll_pwait(int fd, struct epoll_event *events, int n, int ms,
                const sigset_t *mask)
{
    return (int)wait_for_events(fd, events, n, ms, mask);
}

int epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
    return (int)wait_for_events(fd, events, n, ms, NULL);
}
