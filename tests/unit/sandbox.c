/*
 * The sandbox from within: each row is a process of its own that enters the
 * sandbox of a program, makes one system call, and is killed, refused or
 * served as the row says.  As an ordinary user the rows that need root are
 * left out; so are those of a Landlock that this kernel doesn't have.
 */
#include "lib/sandbox.h"
#include "lib/sandbox_parts.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { SMTPD = 1, RESOLVER = 2, DELIVER = 4, IDENTITY = 8, ALL = 15 };
enum { WORKS = 0, KILLED = -1 }; /* or the errno it must fail with */

/* Open in every child, at these numbers. */
enum { FD_FILE = 40, FD_LISTENER, FD_TCP, FD_UDP, FD_PAIR, FD_PAIR_END };

static char top[] = "/tmp/tarry-sandbox-XXXXXX";
static char empty[64];
static struct sockaddr_in listed, unlisted, any_port;
static gid_t some_groups[] = {0};
static char octets[4096];
static struct flock lock = {.l_type = F_WRLCK};
static struct msghdr message;

static int listener(struct sockaddr_in *at)
{
    socklen_t len = sizeof(*at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    at->sin_family = AF_INET;
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(bind(fd, (struct sockaddr *)at, len), 0);
    cr_assert_eq(listen(fd, 8), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)at, &len), 0);
    return fd;
}

static void put(int fd, int number)
{
    cr_assert_eq(dup2(fd, number), number);
    close(fd);
}

/* Everybody may write everywhere, so that only the sandbox can refuse. */
static void make_tree(void)
{
    umask(0);
    cr_assert_not_null(mkdtemp(top));
    cr_assert_eq(chmod(top, 0755), 0);
    cr_assert_eq(chdir(top), 0);
    snprintf(empty, sizeof(empty), "%s/empty", top);
    mkdir("empty", 0755);
    mkdir("mail", 0777);
    mkdir("mail/tmp", 0777);
    mkdir("mail/new", 0777);
    mkdir("outside", 0777);
    close(open("outside/secret", O_CREAT | O_WRONLY, 0666));
    cr_assert_eq(symlink("../outside/secret", "mail/link"), 0);
}

static void set_up(void)
{
    int pair[2];

    make_tree();
    put(open("mail/tmp/a", O_CREAT | O_RDWR, 0666), FD_FILE);
    put(listener(&listed), FD_LISTENER);
    listener(&unlisted);
    put(socket(AF_INET, SOCK_STREAM, 0), FD_TCP);
    put(socket(AF_INET, SOCK_DGRAM, 0), FD_UDP);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    put(pair[0], FD_PAIR);
    put(pair[1], FD_PAIR_END);
    any_port = listed;
    any_port.sin_port = 0;
    sandbox_settle_libraries();
}

static void tear_down(void)
{
    char command[96];

    snprintf(command, sizeof(command), "rm -rf '%s'", top);
    cr_assert_eq(system(command), 0);
}

TestSuite(sandbox, .init = set_up, .fini = tear_down, .timeout = 30);

static struct sandbox box(unsigned kind)
{
    struct sandbox s = {.user = "nobody"};

    if (kind == SMTPD || kind == RESOLVER)
        s.root = empty;
    if (kind == SMTPD)
        s.allow = ALLOW_ACCEPT;
    if (kind == RESOLVER) {
        s.allow = ALLOW_SOCKETS;
        s.ports[s.nports++] = ntohs(listed.sin_port);
    }
    if (kind == DELIVER || kind == IDENTITY) {
        s.allow = ALLOW_FILES | ALLOW_THREADS;
        s.paths[s.npaths++] = "mail";
    }
    if (kind == IDENTITY)
        s.allow |= ALLOW_IDENTITY;
    return s;
}

/* How a child that runs act() in the sandbox ended: see enum above. */
static int outcome(const struct sandbox *s, int (*act)(const void *),
                   const void *arg)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        sandbox_enter(s);
        _exit(act(arg));
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return WTERMSIG(status) == SIGSYS ? KILLED : -WTERMSIG(status);
}

struct attempt {
    const char *what;
    unsigned kinds;
    int expect;
    long call;
    long args[6];
};

static int attempt(const void *arg)
{
    const struct attempt *a = arg;
    long r = syscall(a->call, a->args[0], a->args[1], a->args[2], a->args[3],
                     a->args[4], a->args[5]);

    return r == -1 ? errno : WORKS;
}

#define P(pointer) ((long)(pointer))
#define SIZE       sizeof(struct sockaddr_in)
#define ANON       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0
#define X          P(octets), 1
#define TO(where)  P(where), SIZE
#define NODELAY    IPPROTO_TCP, TCP_NODELAY

static void try_all(const struct attempt *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (unsigned kind = SMTPD; kind <= IDENTITY; kind <<= 1) {
            struct sandbox s = box(kind);
            int got;

            if (!(rows[i].kinds & kind))
                continue;
            if (kind == IDENTITY && rows[i].kinds == IDENTITY && geteuid() != 0)
                continue;
            got = outcome(&s, attempt, &rows[i]);
            cr_expect_eq(got, rows[i].expect, "%s (%u): %d, not %d",
                         rows[i].what, kind, got, rows[i].expect);
        }
    }
}
#define TRY(rows) try_all(rows, sizeof(rows) / sizeof((rows)[0]))

Test(sandbox, kills_what_no_program_has_any_business_with)
{
    enum { THREAD = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD };
    enum { FILTER = SO_ATTACH_FILTER };
    static const struct attempt rows[] = {
        {"program", ALL, KILLED, SYS_execve, {P("/bin/true")}},
        {"program", ALL, KILLED, SYS_execveat, {-100, P("/bin/true")}},
        {"process", ALL, KILLED, SYS_clone, {SIGCHLD}},
        {"namespace", ALL, KILLED, SYS_unshare, {CLONE_NEWUSER}},
        {"namespace", ALL, KILLED, SYS_clone, {THREAD | CLONE_NEWNS}},
        {"ptrace", ALL, KILLED, SYS_ptrace, {PTRACE_TRACEME}},
        {"memory", ALL, KILLED, SYS_process_vm_readv, {1}},
        {"mount", ALL, KILLED, SYS_mount, {0}},
        {"chroot", ALL, KILLED, SYS_chroot, {P("/")}},
        {"signal", ALL, KILLED, SYS_kill, {1, 0}},
        {"signal", ALL, KILLED, SYS_tgkill, {1, 1, 0}},
        {"owner", ALL, KILLED, SYS_fcntl, {FD_FILE, F_SETOWN, 1}},
        {"user", ALL, KILLED, SYS_setuid, {0}},
        {"user", ALL, KILLED, SYS_setresuid, {0, 0, 0}},
        {"group", ALL, KILLED, SYS_setgid, {0}},
        {"capability", ALL, KILLED, SYS_capset, {0}},
        {"limit", ALL, KILLED, SYS_prlimit64, {0}},
        {"ring", ALL, KILLED, SYS_io_uring_setup, {1}},
        {"bpf", ALL, KILLED, SYS_bpf, {0}},
        {"perf", ALL, KILLED, SYS_perf_event_open, {0}},
        {"key", ALL, KILLED, SYS_add_key, {0}},
        {"memfd", ALL, KILLED, SYS_memfd_create, {P("x")}},
        {"code", ALL, KILLED, SYS_mmap, {0, 4096, PROT_EXEC, ANON}},
        {"code", ALL, KILLED, SYS_mprotect, {P(octets), 1, PROT_EXEC}},
        {"terminal", ALL, KILLED, SYS_ioctl, {0, TIOCSTI, P(octets)}},
        {"UNIX socket", ALL, KILLED, SYS_socket, {AF_UNIX, SOCK_STREAM}},
        {"pair", ALL, KILLED, SYS_socketpair, {AF_UNIX, SOCK_STREAM}},
        {"netlink", ALL, KILLED, SYS_socket, {AF_NETLINK, SOCK_RAW}},
        {"packet", ALL, KILLED, SYS_socket, {AF_PACKET, SOCK_RAW}},
        {"filter", ALL, KILLED, SYS_setsockopt, {FD_UDP, SOL_SOCKET, FILTER}},
#ifdef __x86_64__
        {"x32", ALL, KILLED, 0x40000000 + SYS_getpid, {0}},
#endif
    };

    TRY(rows);
}

Test(sandbox, keeps_smtpd_and_resolver_from_files)
{
    enum { BOTH = SMTPD | RESOLVER };
    static const struct attempt rows[] = {
        {"open", BOTH, KILLED, SYS_openat, {AT_FDCWD, P("/etc/passwd")}},
        {"openat2", BOTH, KILLED, SYS_openat2, {AT_FDCWD, P("/")}},
        {"stat", BOTH, KILLED, SYS_newfstatat, {-100, P("/"), P(octets), 0}},
        {"mkdir", BOTH, KILLED, SYS_mkdirat, {-100, P("/x"), 0700}},
        {"unlink", BOTH, KILLED, SYS_unlinkat, {-100, P("/x")}},
        {"directory", BOTH, KILLED, SYS_chdir, {P("/")}},
        {"lock", BOTH, KILLED, SYS_fcntl, {FD_FILE, F_SETLK, P(&lock)}},
    };

    TRY(rows);
}

Test(sandbox, lets_only_resolver_make_sockets)
{
    enum { REST = ALL & ~RESOLVER, FAST = MSG_FASTOPEN };
    enum { STREAM = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC };
    static const struct attempt rows[] = {
        {"TCP", REST, KILLED, SYS_socket, {AF_INET, SOCK_STREAM}},
        {"UDP", REST, KILLED, SYS_socket, {AF_INET6, SOCK_DGRAM}},
        {"connect", REST, KILLED, SYS_connect, {FD_TCP, P(&listed), SIZE}},
        {"bind", REST, KILLED, SYS_bind, {FD_UDP, P(&any_port), SIZE}},
        {"send to", REST, KILLED, SYS_sendto, {FD_UDP, X, 0, TO(&listed)}},
        {"accept", REST & ~SMTPD, KILLED, SYS_accept4, {FD_LISTENER}},
        {"TCP", RESOLVER, WORKS, SYS_socket, {AF_INET, STREAM, IPPROTO_TCP}},
        {"TCP", RESOLVER, WORKS, SYS_socket, {AF_INET6, SOCK_STREAM}},
        {"UDP", RESOLVER, WORKS, SYS_socket, {AF_INET, SOCK_DGRAM}},
        {"MPTCP", RESOLVER, KILLED, SYS_socket, {AF_INET, SOCK_STREAM, 262}},
        {"SCTP", RESOLVER, KILLED, SYS_socket, {AF_INET, SOCK_STREAM, 132}},
        {"raw", RESOLVER, KILLED, SYS_socket, {AF_INET, SOCK_RAW, 1}},
        {"ping", RESOLVER, KILLED, SYS_socket, {AF_INET, SOCK_DGRAM, 1}},
        {"server", RESOLVER, KILLED, SYS_listen, {FD_TCP, 1}},
        {"fast", RESOLVER, KILLED, SYS_sendto, {FD_TCP, X, FAST, TO(&listed)}},
        {"fast", RESOLVER, KILLED, SYS_sendmsg, {FD_TCP, P(&message), FAST}},
        {"bind UDP", RESOLVER, WORKS, SYS_bind, {FD_UDP, P(&any_port), SIZE}},
        {"send to", RESOLVER, WORKS, SYS_sendto, {FD_UDP, X, 0, TO(&listed)}},
    };

    TRY(rows);
}

Test(sandbox, lets_resolver_connect_to_listed_ports_only)
{
    static const struct attempt rows[] = {
        {"listed", RESOLVER, WORKS, SYS_connect, {FD_TCP, P(&listed), SIZE}},
        {"other", RESOLVER, EACCES, SYS_connect, {FD_TCP, P(&unlisted), SIZE}},
        {"server", RESOLVER, EACCES, SYS_bind, {FD_TCP, P(&any_port), SIZE}},
    };

    if (sandbox_landlock_abi() < 4)
        cr_skip_test("Landlock here knows no ports");
    TRY(rows);
}

Test(sandbox, lets_smtpd_serve_its_loop)
{
    static const struct attempt rows[] = {
        {"accept", SMTPD, EAGAIN, SYS_accept4, {FD_LISTENER}},
        {"listen", SMTPD, WORKS, SYS_listen, {FD_LISTENER, 5}},
        {"name", SMTPD, EFAULT, SYS_getsockname, {FD_LISTENER}},
        {"peer", ALL, WORKS, SYS_sendmsg, {FD_PAIR, P(&message)}},
        {"write", ALL, WORKS, SYS_write, {FD_FILE, P("x"), 1}},
        {"read", ALL, WORKS, SYS_pread64, {FD_FILE, P(octets), 1}},
        {"seek", ALL, WORKS, SYS_lseek, {FD_FILE, 0, SEEK_END}},
        {"flags", ALL, WORKS, SYS_fcntl, {FD_PAIR, F_SETFL, O_NONBLOCK}},
        {"copy", ALL, WORKS, SYS_fcntl, {FD_PAIR, F_DUPFD_CLOEXEC, 0}},
        {"waiting", ALL, WORKS, SYS_ioctl, {FD_PAIR, FIONREAD, P(octets)}},
        {"terminal", ALL, ENOTTY, SYS_ioctl, {FD_FILE, TCGETS, P(octets)}},
        {"no delay", ALL, EFAULT, SYS_setsockopt, {FD_TCP, NODELAY, 0, 4}},
        {"epoll", ALL, WORKS, SYS_epoll_create1, {EPOLL_CLOEXEC}},
        {"memory", ALL, WORKS, SYS_mmap, {0, 4096, PROT_READ, ANON}},
        {"chance", ALL, WORKS, SYS_getrandom, {P(octets), 8}},
    };

    TRY(rows);
}

Test(sandbox, lets_deliver_work_below_its_paths)
{
    enum { BOTH = DELIVER | IDENTITY, RW = PROT_READ | PROT_WRITE };
    enum { NEW = O_CREAT | O_EXCL | O_WRONLY };
    static const struct attempt rows[] = {
        {"open", BOTH, WORKS, SYS_openat, {-100, P("mail/tmp/a"), O_RDWR}},
        {"list", BOTH, WORKS, SYS_openat, {-100, P("mail"), O_DIRECTORY}},
        {"new", DELIVER, WORKS, SYS_openat, {-100, P("mail/n"), NEW, 0600}},
        {"stat", BOTH, WORKS, SYS_newfstatat, {-100, P("mail"), P(octets)}},
        {"folder", DELIVER, WORKS, SYS_mkdirat, {-100, P("mail/d"), 0700}},
        {"link",
         DELIVER,
         WORKS,
         SYS_linkat,
         {-100, P("mail/n"), -100, P("mail/new/n")}},
        {"rename",
         DELIVER,
         WORKS,
         SYS_renameat2,
         {-100, P("mail/n"), -100, P("mail/tmp/n")}},
        {"remove", DELIVER, WORKS, SYS_unlinkat, {-100, P("mail/new/n")}},
        {"remove",
         DELIVER,
         WORKS,
         SYS_unlinkat,
         {-100, P("mail/d"), AT_REMOVEDIR}},
        {"flush", BOTH, WORKS, SYS_fsync, {FD_FILE}},
        {"flush", BOTH, WORKS, SYS_fdatasync, {FD_FILE}},
        {"flush", BOTH, WORKS, SYS_syncfs, {FD_FILE}},
        {"cut", BOTH, WORKS, SYS_ftruncate, {FD_FILE, 1}},
        {"lock", BOTH, WORKS, SYS_fcntl, {FD_FILE, F_SETLK, P(&lock)}},
        {"share", BOTH, WORKS, SYS_mmap, {0, 1, RW, MAP_SHARED, FD_FILE}},
    };

    TRY(rows);
}

Test(sandbox, keeps_deliver_below_its_paths)
{
    enum { BOTH = DELIVER | IDENTITY, NEW = O_CREAT | O_WRONLY };
    static const struct attempt rows[] = {
        {"read", BOTH, EACCES, SYS_openat, {-100, P("/etc/passwd")}},
        {"read", BOTH, EACCES, SYS_openat, {-100, P("outside/secret")}},
        {"link", BOTH, EACCES, SYS_openat, {-100, P("mail/link")}},
        {"list", BOTH, EACCES, SYS_openat, {-100, P("outside"), O_DIRECTORY}},
        {"new", BOTH, EACCES, SYS_openat, {-100, P("outside/n"), NEW, 0600}},
        {"folder", BOTH, EACCES, SYS_mkdirat, {-100, P("outside/d"), 0700}},
        {"out",
         BOTH,
         EACCES,
         SYS_renameat2,
         {-100, P("mail/tmp/a"), -100, P("outside/a")}},
        {"in",
         BOTH,
         EACCES,
         SYS_renameat2,
         {-100, P("outside/secret"), -100, P("mail/s")}},
        {"in",
         BOTH,
         EXDEV,
         SYS_linkat,
         {-100, P("outside/secret"), -100, P("mail/s")}},
        {"remove", BOTH, EACCES, SYS_unlinkat, {-100, P("outside/secret")}},
        {"symlink",
         BOTH,
         KILLED,
         SYS_symlinkat,
         {P("/etc"), -100, P("mail/etc")}},
        {"device",
         BOTH,
         KILLED,
         SYS_mknodat,
         {-100, P("mail/p"), S_IFIFO | 0600}},
        {"mode", BOTH, KILLED, SYS_fchmodat, {-100, P("mail/tmp/a"), 0777}},
        {"owner", BOTH, KILLED, SYS_fchown, {FD_FILE, 1, 1}},
        {"path", BOTH, KILLED, SYS_truncate, {P("mail/tmp/a"), 0}},
    };

    if (sandbox_landlock_abi() == 0)
        cr_skip_test("no Landlock here");
    TRY(rows);
}

Test(sandbox, changes_identity_but_never_to_root)
{
    enum { REST = ALL & ~IDENTITY };
    static const struct attempt rows[] = {
        {"user", REST, KILLED, SYS_setfsuid, {1000}},
        {"group", REST, KILLED, SYS_setfsgid, {1000}},
        {"groups", REST, KILLED, SYS_setgroups, {0, 0}},
        {"root", IDENTITY, KILLED, SYS_setfsuid, {0}},
        {"root", IDENTITY, KILLED, SYS_setfsgid, {0}},
        {"root in 32 bits", IDENTITY, KILLED, SYS_setfsuid, {1L << 32}},
        {"root in 32 bits", IDENTITY, KILLED, SYS_setfsgid, {1L << 32}},
        {"groups", IDENTITY, KILLED, SYS_setgroups, {1, P(some_groups)}},
        {"no groups", IDENTITY, WORKS, SYS_setgroups, {0, 0}},
    };

    TRY(rows);
}

static int work_as_another(const void *arg)
{
    int fd;

    (void)arg;
    if (syscall(SYS_setfsgid, 1001) < 0 || syscall(SYS_setfsuid, 1000) < 0)
        return 1;
    fd = open("mail/theirs", O_CREAT | O_WRONLY | O_EXCL, 0600);
    return fd < 0 ? errno : 0;
}

Test(sandbox, stores_under_the_identity_it_took)
{
    struct sandbox s = box(IDENTITY);
    struct stat st;

    if (geteuid() != 0)
        cr_skip_test("only root gives identities");
    cr_assert_eq(outcome(&s, work_as_another, NULL), WORKS);
    cr_assert_eq(stat("mail/theirs", &st), 0);
    cr_assert_eq(st.st_uid, 1000);
    cr_assert_eq(st.st_gid, 1001);
}

static void *thread(void *arg)
{
    /* More than an arena of malloc(3) keeps. */
    free(malloc(1 << 20));
    return arg;
}

static int start_thread(const void *arg)
{
    pthread_t t;
    int r = pthread_create(&t, NULL, thread, NULL);

    (void)arg;
    return r != 0 ? r : pthread_join(t, NULL);
}

Test(sandbox, lets_only_deliver_start_threads)
{
    struct sandbox deliver = box(DELIVER), smtpd = box(SMTPD);

    cr_expect_eq(outcome(&deliver, start_thread, NULL), WORKS);
    cr_expect_eq(outcome(&smtpd, start_thread, NULL), KILLED);
}

static void *sleeper(void *arg)
{
    sleep(10);
    return arg;
}

Test(sandbox, is_not_entered_with_threads_left_outside)
{
    struct sandbox s = box(DELIVER);
    pid_t pid = fork();
    pthread_t t;
    int status;

    if (pid == 0) {
        if (pthread_create(&t, NULL, sleeper, NULL) == 0)
            sandbox_enter(&s);
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect_eq(WEXITSTATUS(status), EX_SOFTWARE);
}

#ifdef __x86_64__
/* getpid(2) as i386 calls it: a kernel without i386 faults instead. */
static int call_i386(const void *arg)
{
    long r = 20;

    (void)arg;
    __asm__ volatile("int $0x80"
                     : "+a"(r)
                     :
                     : "memory", "r8", "r9", "r10", "r11");
    return 0;
}

Test(sandbox, kills_on_a_call_of_another_abi)
{
    struct sandbox s = box(SMTPD);
    int got = outcome(&s, call_i386, NULL);

    cr_expect(got == KILLED || got == -SIGSEGV, "%d", got);
}
#endif

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* What glibc does behind the scenes. */
static int use_libc(const void *arg)
{
    static int numbers[65536];
    time_t now = time(NULL);
    char text[64];
    struct stat st;

    (void)arg;
    qsort(numbers, 65536, sizeof(int), by_number);
    if (strftime(text, sizeof(text), "%H:%M %Z", localtime(&now)) == 0)
        return 1;
    printf("%s", "");
    fflush(stdout);
    return fstat(FD_FILE, &st) != 0 || isatty(FD_FILE);
}

static int give_up(const void *arg)
{
    (void)arg;
    abort();
}

Test(sandbox, serves_what_glibc_does_unasked)
{
    for (unsigned kind = SMTPD; kind <= DELIVER; kind <<= 1) {
        struct sandbox s = box(kind);

        cr_expect_eq(outcome(&s, use_libc, NULL), WORKS);
        cr_expect_eq(outcome(&s, give_up, NULL), -SIGABRT);
    }
}

static int never(const void *arg)
{
    (void)arg;
    return 0;
}

Test(sandbox, is_not_entered_in_doubt)
{
    struct sandbox s = box(DELIVER);

    s.paths[0] = "nowhere";
    cr_expect_eq(outcome(&s, never, NULL), EX_OSFILE);
    if (geteuid() != 0)
        return;
    s = box(SMTPD);
    s.user = "no-such-user";
    cr_expect_eq(outcome(&s, never, NULL), EX_NOUSER);
    s.user = "root";
    cr_expect_eq(outcome(&s, never, NULL), EX_CONFIG);
    s = box(SMTPD);
    s.root = "mail";
    cr_expect_eq(outcome(&s, never, NULL), EX_NOPERM);
    s.root = top;
    cr_expect_eq(outcome(&s, never, NULL), EX_CONFIG);
}

static int wait_for_end(const void *arg)
{
    (void)arg;
    return write(FD_PAIR, "x", 1) != 1 || read(FD_PAIR, octets, 1) != 1;
}

/* Looks for lines in /proc/PID/status of a child that sits in the sandbox. */
static void expect_status(unsigned kind, const char *const *lines, size_t n)
{
    struct sandbox s = box(kind);
    pid_t pid = fork();
    char path[64];
    ssize_t len;
    int fd;

    if (pid == 0) {
        sandbox_enter(&s);
        _exit(wait_for_end(NULL));
    }
    cr_assert_eq(read(FD_PAIR_END, octets, 1), 1);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    fd = open(path, O_RDONLY);
    len = read(fd, octets, sizeof(octets) - 1);
    close(fd);
    cr_assert_gt(len, 0);
    octets[len] = '\0';
    for (size_t i = 0; i < n; i++)
        cr_expect_not_null(strstr(octets, lines[i]), "%s in %s", lines[i],
                           octets);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

Test(sandbox, leaves_no_privilege)
{
    static const char *const everybody[] = {"\nCapInh:\t0000000000000000\n",
                                            "\nCapPrm:\t0000000000000000\n",
                                            "\nCapEff:\t0000000000000000\n",
                                            "\nCapAmb:\t0000000000000000\n",
                                            "\nNoNewPrivs:\t1\n",
                                            "\nSeccomp:\t2\n"};
    static const char *const root[] = {"\nUid:\t65534\t65534\t65534\t65534\n",
                                       "\nGid:\t65534\t65534\t65534\t65534\n",
                                       "\nGroups:\t \n",
                                       "\nCapBnd:\t0000000000000000\n"};

    for (unsigned kind = SMTPD; kind <= DELIVER; kind <<= 1) {
        expect_status(kind, everybody, 6);
        if (geteuid() == 0)
            expect_status(kind, root, 4);
    }
}

Test(sandbox, keeps_two_capabilities_for_identity)
{
    static const char *const lines[] = {
        "\nUid:\t65534\t65534\t65534\t65534\n", "\nCapInh:\t0000000000000000\n",
        "\nCapPrm:\t00000000000000c0\n", "\nCapEff:\t00000000000000c0\n",
        "\nCapBnd:\t0000000000000000\n"};

    if (geteuid() != 0)
        cr_skip_test("only root gives identities");
    expect_status(IDENTITY, lines, 5);
}

Test(sandbox, has_nothing_missing_for_root)
{
    if (geteuid() != 0 || sandbox_landlock_abi() < 6)
        cr_skip_test("not root, or an old kernel");
    cr_expect_null(sandbox_missing(), "%s", sandbox_missing());
}

Test(sandbox, says_what_is_missing_and_is_entered_without)
{
    struct sandbox s = box(SMTPD);
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(1);
        if (!strstr(sandbox_missing(), "not started as root"))
            _exit(2);
        sandbox_enter(&s);
        _exit(getuid() == 0 ? 3 : 0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect_eq(status, 0);
}
