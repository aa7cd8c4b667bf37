/*
 * The system calls that pass whatever their arguments, in groups: what every
 * program needs, and what each of enum sandbox_allow adds.  A call is listed
 * only because something here, or a library that we use, makes it.
 */
#include "lib/sandbox_parts.h"

#include <seccomp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The loop, and descriptors that are open or come in messages. */
static const int descriptor_calls[] = {
    SCMP_SYS(read),           SCMP_SYS(write),
    SCMP_SYS(readv),          SCMP_SYS(writev),
    SCMP_SYS(pread64),        SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),          SCMP_SYS(close),
    SCMP_SYS(close_range),    SCMP_SYS(dup),
    SCMP_SYS(dup2),           SCMP_SYS(dup3),
    SCMP_SYS(fstat),          SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),      SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(poll),           SCMP_SYS(ppoll),
    SCMP_SYS(select),         SCMP_SYS(pselect6),
    SCMP_SYS(eventfd2),       SCMP_SYS(pipe2),
    SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
    SCMP_SYS(recvmsg),        SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),       SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),    SCMP_SYS(getsockopt),
};

/*
 * Memory, locks, time, chance, our own signals, questions about ourselves
 * (qsort(3) asks sysinfo, malloc(3) sched_getaffinity), and the end.
 */
static const int process_calls[] = {
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

static const int accept_calls[] = {
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(listen),
};

static const int socket_calls[] = {SCMP_SYS(connect), SCMP_SYS(bind)};

/* No chmod, chown or truncate by path: Landlock does not look at the first. */
static const int file_calls[] = {
    SCMP_SYS(openat),     SCMP_SYS(newfstatat),
    SCMP_SYS(stat),       SCMP_SYS(lstat),
    SCMP_SYS(statx),      SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),    SCMP_SYS(access),
    SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),

    SCMP_SYS(getdents64), SCMP_SYS(getcwd),
    SCMP_SYS(umask),      SCMP_SYS(fchmod),
    SCMP_SYS(mkdir),      SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),      SCMP_SYS(rename),
    SCMP_SYS(renameat),   SCMP_SYS(renameat2),
    SCMP_SYS(link),       SCMP_SYS(linkat),
    SCMP_SYS(unlink),     SCMP_SYS(unlinkat),
    SCMP_SYS(ftruncate),  SCMP_SYS(fallocate),
    SCMP_SYS(fadvise64),  SCMP_SYS(preadv),
    SCMP_SYS(pwritev),    SCMP_SYS(copy_file_range),
    SCMP_SYS(fsync),      SCMP_SYS(fdatasync),
    SCMP_SYS(syncfs),     SCMP_SYS(sync_file_range),
    SCMP_SYS(msync),      SCMP_SYS(flock),
};

static const int thread_calls[] = {SCMP_SYS(set_robust_list), SCMP_SYS(rseq)};

static const int identity_calls[] = {SCMP_SYS(setfsuid), SCMP_SYS(setfsgid)};

const struct call_group sandbox_calls[] = {
    {ALWAYS, descriptor_calls, COUNT(descriptor_calls)},
    {ALWAYS, process_calls, COUNT(process_calls)},
    {ALLOW_ACCEPT, accept_calls, COUNT(accept_calls)},
    {ALLOW_SOCKETS, socket_calls, COUNT(socket_calls)},
    {ALLOW_FILES, file_calls, COUNT(file_calls)},
    {ALLOW_THREADS, thread_calls, COUNT(thread_calls)},
    {ALLOW_IDENTITY, identity_calls, COUNT(identity_calls)},
    {0, NULL, 0},
};
