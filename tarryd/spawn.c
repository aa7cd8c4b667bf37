/*
 * Starting a program with nothing but what it is given: five descriptors, a
 * handful of environment variables, no blocked or ignored signal, / as its
 * folder.  A new process image, not only a fork: no child holds a page of
 * root's memory, and each has its own layout of addresses.
 *
 * The folder of the executables is found from our own: installed, they are
 * in ../libexec/tarry, in a built tree beside us.  It must hold all of them:
 * another mail server may have installed an smtpd where we lie.
 */
#include "tarryd/spawn.h"
#include "lib/child.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* Above all numbers that are given to a child. */
#define OUT_OF_THE_WAY 10

static char folder[4096];

static bool holds_all(const char *dir)
{
    char path[sizeof(folder) + 32];
    struct stat st;

    for (unsigned p = PROGRAM_PARENT + 1; p < PROGRAM_COUNT; p++) {
        snprintf(path, sizeof(path), "%s/%s", dir, program_name(p));
        if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
            access(path, X_OK) != 0)
            return false;
    }
    return true;
}

int spawn_find(char *tried, size_t size)
{
    char own[2048];
    ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

    if (n < 0) {
        snprintf(tried, size, "/proc/self/exe: %s", strerror(errno));
        return -1;
    }
    own[n] = '\0';
    *strrchr(own, '/') = '\0';
    snprintf(folder, sizeof(folder), "%s/../libexec/tarry", own);
    if (holds_all(folder))
        return 0;
    snprintf(folder, sizeof(folder), "%s", own);
    if (holds_all(folder))
        return 0;
    snprintf(folder, sizeof(folder), "%s", LIBEXEC);
    if (holds_all(folder))
        return 0;
    snprintf(tried, size, "%s/../libexec/tarry, %s, %s", own, own, LIBEXEC);
    return -1;
}

/* The few variables that a child may see; static storage. */
static char **clean_environment(void)
{
    static const char *const kept[] = {
        "TARRY_LOG",    "TZ",           "SSL_CERT_FILE", "ASAN_OPTIONS",
        "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS",
    };
    enum { KEPT = sizeof(kept) / sizeof(kept[0]) };
    static char text[KEPT][1024];
    static char *env[KEPT + 1];
    size_t n = 0;

    for (size_t i = 0; i < KEPT; i++) {
        const char *value = getenv(kept[i]);

        if (value != NULL && strlen(value) < sizeof(text[i]) - 32) {
            snprintf(text[i], sizeof(text[i]), "%s=%s", kept[i], value);
            env[n++] = text[i];
        }
    }
    env[n] = NULL;
    return env;
}

static int place_descriptors(int channel, int stats)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    null = fcntl(null, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    channel = fcntl(channel, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    stats = fcntl(stats, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    if (null < 0 || channel < 0 || stats < 0 || dup2(null, 0) < 0 ||
        dup2(null, 1) < 0 || dup2(channel, CHILD_FD_PARENT) < 0 ||
        dup2(stats, CHILD_FD_STATS) < 0)
        return -1;
    return close_range(CHILD_FD_STATS + 1, ~0u, 0);
}

/* In the new process. */
_Noreturn static void become(enum program program, int channel, int stats)
{
    const char *name = program_name(program);
    char path[sizeof(folder) + 32];
    sigset_t none;

    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigemptyset(&none);
    umask(077);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (place_descriptors(channel, stats) == 0 && setsid() >= 0 &&
        chdir("/") == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        execve(path, (char *[]){(char *)(uintptr_t)name, NULL},
               clean_environment());
    log_error("cannot start %s: %s", path, strerror(errno));
    _exit(EX_OSERR);
}

pid_t spawn(enum program program, int channel, int stats)
{
    sigset_t all, old;
    pid_t pid;
    int saved;

    /* No handler of ours may run in the child: it would wake our loop. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    pid = fork();
    saved = errno;
    if (pid == 0)
        become(program, channel, stats);
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = saved;
    return pid;
}
