/*
 * The system call filter (seccomp(2), by libseccomp): what is named here
 * passes, everything else ends the process at once (SIGSYS), also on another
 * ABI of the machine (i386, x32).
 *
 * First come the calls that pass as they are (sandbox_calls.c), then those
 * whose arguments decide, then the few that are answered with an error instead
 * of a kill: calls that a library tries in good faith and can do without.  Only
 * numbers can be compared: a path, an address or a structure in memory is not
 * seen here, and is for Landlock and the empty root to judge.
 *
 * A comparison sees all 64 bits of an argument while the kernel may use only
 * 32 of them.  "Equal" is safe against that, "not equal" is not: what must not
 * be 0 is compared under a mask, in a filter of its own that kills only that.
 */
#include "lib/sandbox_parts.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define SANITIZED    (1U << 31) /* a "when": a test build with a sanitizer */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A thread, and neither a process nor a namespace. */
#define CLONE_MASK                                                 \
    (CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
     CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define SOCK_KIND 0xf /* a socket's type without its flags */

#define IS(arg, value)             \
    {                              \
        arg, SCMP_CMP_EQ, value, 0 \
    }
#define BITS(arg, mask, value)               \
    {                                        \
        arg, SCMP_CMP_MASKED_EQ, mask, value \
    }

static const struct {
    unsigned when;
    int call;
    unsigned nargs;
    struct scmp_arg_cmp args[3];
} guarded[] = {
    {ALWAYS, SCMP_SYS(mmap), 1, {BITS(2, PROT_EXEC, 0)}},
    {ALWAYS, SCMP_SYS(mprotect), 1, {BITS(2, PROT_EXEC, 0)}},
    /* What fstat(3) is in glibc, with an empty path. */
    {ALWAYS, SCMP_SYS(newfstatat), 1, {IS(3, AT_EMPTY_PATH)}},
    /* Not F_SETOWN and F_SETSIG, which make the kernel signal others. */
    {ALWAYS, SCMP_SYS(fcntl), 1, {IS(1, F_GETFL)}},
    {ALWAYS, SCMP_SYS(fcntl), 1, {IS(1, F_SETFL)}},
    {ALWAYS, SCMP_SYS(fcntl), 1, {IS(1, F_GETFD)}},
    {ALWAYS, SCMP_SYS(fcntl), 1, {IS(1, F_SETFD)}},
    {ALWAYS, SCMP_SYS(fcntl), 1, {IS(1, F_DUPFD)}},
    {ALWAYS, SCMP_SYS(fcntl), 1, {IS(1, F_DUPFD_CLOEXEC)}},
    {ALLOW_FILES, SCMP_SYS(fcntl), 1, {IS(1, F_GETLK)}},
    {ALLOW_FILES, SCMP_SYS(fcntl), 1, {IS(1, F_SETLK)}},
    {ALLOW_FILES, SCMP_SYS(fcntl), 1, {IS(1, F_SETLKW)}},
    {ALWAYS, SCMP_SYS(ioctl), 1, {IS(1, FIONREAD)}},
    {ALWAYS, SCMP_SYS(ioctl), 1, {IS(1, FIONBIO)}},
    /* Not SO_ATTACH_FILTER: a program for the kernel to run. */
    {ALWAYS, SCMP_SYS(setsockopt), 1, {IS(1, IPPROTO_TCP)}},
    {ALWAYS, SCMP_SYS(setsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_LINGER)}},
    {ALWAYS, SCMP_SYS(setsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_KEEPALIVE)}},
    {ALWAYS, SCMP_SYS(setsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_RCVBUF)}},
    {ALWAYS, SCMP_SYS(setsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_SNDBUF)}},
    {ALLOW_SOCKETS, SCMP_SYS(setsockopt), 1, {IS(1, IPPROTO_IP)}},
    {ALLOW_SOCKETS, SCMP_SYS(setsockopt), 1, {IS(1, IPPROTO_IPV6)}},
    /* MSG_FASTOPEN would connect past Landlock. */
    {ALWAYS, SCMP_SYS(sendmsg), 1, {BITS(2, MSG_FASTOPEN, 0)}},
    {ALWAYS, SCMP_SYS(sendto), 2, {IS(4, 0), BITS(3, MSG_FASTOPEN, 0)}},
    {ALLOW_SOCKETS, SCMP_SYS(sendto), 1, {BITS(3, MSG_FASTOPEN, 0)}},
    {ALLOW_THREADS, SCMP_SYS(clone), 1, {BITS(0, CLONE_MASK, CLONE_THREAD)}},
    {ALLOW_THREADS, SCMP_SYS(prctl), 1, {IS(0, PR_SET_NAME)}},
    /* Groups may only be given up. */
    {ALLOW_IDENTITY, SCMP_SYS(setgroups), 1, {IS(0, 0)}},
};

static const struct {
    unsigned when;
    int call;
    unsigned nargs;
    struct scmp_arg_cmp args[1];
    int error;
} answered[] = {
    /* Its flags are in memory; pthread_create(3) then takes clone(2). */
    {ALLOW_THREADS, SCMP_SYS(clone3), 0, {IS(0, 0)}, ENOSYS},
    /* isatty(3), which stdio asks before it writes. */
    {ALWAYS, SCMP_SYS(ioctl), 1, {IS(1, TCGETS)}, ENOTTY},
    /* Its report looks into /proc first. The C library would use openat(2). */
    {SANITIZED, SCMP_SYS(open), 0, {IS(0, 0)}, EACCES},
    {SANITIZED, SCMP_SYS(readlink), 0, {IS(0, 0)}, EACCES},
};

static void check(int result, const char *what)
{
    if (result < 0)
        fatal(EX_OSERR, "sandbox: seccomp: %s: %s", what, strerror(-result));
}

static bool applies(unsigned when, const struct sandbox *s)
{
    if (when == SANITIZED)
        return __sanitizer_symbolize_pc != NULL;
    return when == ALWAYS || (when & s->allow) != 0;
}

static scmp_filter_ctx filter_new(uint32_t otherwise)
{
    scmp_filter_ctx f = seccomp_init(otherwise);

    if (f == NULL)
        fatal(EX_OSERR, "sandbox: seccomp: no filter");
    check(seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
          "bad architecture");
    check(seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1), "threads");
    return f;
}

static void filter_load(scmp_filter_ctx f)
{
    check(seccomp_load(f), "load");
    seccomp_release(f);
}

/* Never the superuser's identity, in the 32 bits that the kernel reads. */
static void forbid_root(void)
{
    scmp_filter_ctx f = filter_new(SCMP_ACT_ALLOW);
    struct scmp_arg_cmp zero = BITS(0, UINT32_MAX, 0);

    for (const struct call_group *g = sandbox_calls; g->n > 0; g++)
        for (size_t i = 0; g->when == ALLOW_IDENTITY && i < g->n; i++)
            check(seccomp_rule_add_array(f, SCMP_ACT_KILL_PROCESS, g->calls[i],
                                         1, &zero),
                  "identity");
    filter_load(f);
}

/* The protocol is checked too: to Landlock, MPTCP and SCTP are not TCP. */
static void allow_sockets(scmp_filter_ctx f)
{
    static const int families[] = {AF_INET, AF_INET6};
    static const int kinds[][2] = {{SOCK_STREAM, 0},
                                   {SOCK_STREAM, IPPROTO_TCP},
                                   {SOCK_DGRAM, 0},
                                   {SOCK_DGRAM, IPPROTO_UDP}};

    for (size_t i = 0; i < COUNT(families) * COUNT(kinds); i++) {
        const int *kind = kinds[i / COUNT(families)];
        struct scmp_arg_cmp args[] = {IS(0, families[i % COUNT(families)]),
                                      BITS(1, SOCK_KIND, kind[0]),
                                      IS(2, kind[1])};

        check(seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3,
                                     args),
              "socket");
    }
}

/* abort(3) and raise(3), and glibc when all threads change their groups. */
static void allow_own_signals(scmp_filter_ctx f)
{
    struct scmp_arg_cmp self = IS(0, getpid());

    check(seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self),
          "tgkill");
}

static void add_tables(scmp_filter_ctx f, const struct sandbox *s)
{
    for (const struct call_group *g = sandbox_calls; g->n > 0; g++)
        for (size_t j = 0; applies(g->when, s) && j < g->n; j++)
            check(seccomp_rule_add(f, SCMP_ACT_ALLOW, g->calls[j], 0), "call");
    for (size_t i = 0; i < COUNT(guarded); i++)
        if (applies(guarded[i].when, s))
            check(seccomp_rule_add_array(f, SCMP_ACT_ALLOW, guarded[i].call,
                                         guarded[i].nargs, guarded[i].args),
                  "guarded call");
    for (size_t i = 0; i < COUNT(answered); i++)
        if (applies(answered[i].when, s))
            check(seccomp_rule_add_array(
                      f, SCMP_ACT_ERRNO((uint16_t)answered[i].error),
                      answered[i].call, answered[i].nargs, answered[i].args),
                  "answered call");
}

bool sandbox_filter_known(void)
{
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

void sandbox_filter_enforce(const struct sandbox *s)
{
    scmp_filter_ctx f;

    if (!sandbox_filter_known())
        return;
    /* While another filter may still be loaded. */
    if (s->allow & ALLOW_IDENTITY)
        forbid_root();
    f = filter_new(SCMP_ACT_KILL_PROCESS);
    /* A tree instead of a list; calls without arguments the kernel caches. */
    check(seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
    add_tables(f, s);
    allow_own_signals(f);
    if (s->allow & ALLOW_SOCKETS)
        allow_sockets(f);
    filter_load(f);
}
