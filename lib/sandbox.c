/*
 * Closing the sandbox, in the one order that works:
 *
 *   user looked up, paths opened    while files are still visible
 *   chroot                          while we are root
 *   groups, group, user             while we are root
 *   capabilities                    what identity keeps, nothing else
 *   no_new_privs, not dumpable      before Landlock, which asks for it
 *   Landlock, seccomp               the filter last: it forbids the rest
 *
 * Credentials and Landlock are a thread's own: a thread that ran before would
 * stay outside, so there must be none.
 *
 * What libraries would open late, they are made to open early here.  The
 * sanitizers of a test build are known by their symbols, which are weak: this
 * file is the same in every build.
 */
#include "lib/sandbox.h"

#include "lib/log.h"
#include "lib/sandbox_parts.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

extern void __lsan_do_leak_check(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));

static void refuse_threads(void)
{
    /* With one thread this changes nothing; with more it cannot be done. */
    if (__tsan_init == NULL && unshare(CLONE_THREAD) != 0 && errno == EINVAL)
        fatal(EX_SOFTWARE, "sandbox: threads were started before it");
}

void sandbox_settle_libraries(void)
{
    char name[64];

    /* With no TZ set, glibc would look at the file again and again. */
    if (setenv("TZ", ":/etc/localtime", 0) != 0)
        fatal(EX_OSERR, "sandbox: no memory");
    tzset();
    /* Leaks are looked for now, for at the end a tracer could not start. */
    if (__lsan_do_leak_check != NULL)
        __lsan_do_leak_check();
    /* For a report, the symbols of this program must be read already. */
    if (__sanitizer_symbolize_pc != NULL)
        __sanitizer_symbolize_pc(__builtin_return_address(0), "%f", name,
                                 sizeof(name));
}

static const struct passwd *find_user(const char *name)
{
    const struct passwd *who;

    errno = 0;
    who = getpwnam(name);
    if (who == NULL)
        fatal(EX_NOUSER, "sandbox: user %s: %s", name,
              errno != 0 ? strerror(errno) : "there is none");
    else if (who->pw_uid == 0)
        fatal(EX_CONFIG, "sandbox: user %s is the superuser", name);
    return who;
}

static bool is_empty(DIR *dir)
{
    const struct dirent *e;

    while ((e = readdir(dir)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            return false;
    return true;
}

static void enter_root(const char *path)
{
    DIR *dir = opendir(path);
    struct stat st;

    if (dir == NULL || fstat(dirfd(dir), &st) != 0)
        fatal(EX_OSFILE, "sandbox: %s: %s", path, strerror(errno));
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        fatal(EX_NOPERM, "sandbox: %s: others than root may write to it", path);
    if (!is_empty(dir))
        fatal(EX_CONFIG, "sandbox: %s: not empty", path);
    if (fchdir(dirfd(dir)) != 0 || chroot(".") != 0 || chdir("/") != 0)
        fatal(EX_OSERR, "sandbox: root %s: %s", path, strerror(errno));
    closedir(dir);
}

/* What a program started from here could gain: nothing. */
static void drop_bounding_set(void)
{
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0;
         cap++)
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
            fatal(EX_OSERR, "sandbox: bounding set: %s", strerror(errno));
}

static void become(const struct passwd *who, bool keep_capabilities)
{
    if (prctl(PR_SET_KEEPCAPS, keep_capabilities, 0, 0, 0) != 0 ||
        setgroups(0, NULL) != 0 ||
        setresgid(who->pw_gid, who->pw_gid, who->pw_gid) != 0 ||
        setresuid(who->pw_uid, who->pw_uid, who->pw_uid) != 0 ||
        prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0)
        fatal(EX_OSERR, "sandbox: user %s: %s", who->pw_name, strerror(errno));
}

static void set_capabilities(uint32_t keep)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{keep, keep, 0}, {0, 0, 0}};

    if (syscall(SYS_capset, &header, data) != 0)
        fatal(EX_OSERR, "sandbox: capabilities: %s", strerror(errno));
}

void sandbox_enter(const struct sandbox *s)
{
    static bool entered;
    bool root = geteuid() == 0;
    bool identity = root && (s->allow & ALLOW_IDENTITY) != 0;
    const struct passwd *who = NULL;
    int rules;

    assert(!entered && s->npaths <= SANDBOX_PATHS &&
           s->nports <= SANDBOX_PORTS);
    entered = true;
    refuse_threads();
    sandbox_settle_libraries();
    if (root && s->user != NULL)
        who = find_user(s->user);
    rules = sandbox_landlock_prepare(s);
    if (root && s->root != NULL)
        enter_root(s->root);
    if (root)
        drop_bounding_set();
    if (who != NULL)
        become(who, identity);
    set_capabilities(identity ? 1U << CAP_SETUID | 1U << CAP_SETGID : 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        fatal(EX_OSERR, "sandbox: prctl: %s", strerror(errno));
    sandbox_landlock_enforce(rules);
    sandbox_filter_enforce(s);
}

const char *sandbox_missing(void)
{
    static char text[320];
    int abi = sandbox_landlock_abi();
    const char *why[] = {
        geteuid() != 0
            ? "no empty root and no user of its own: not started as root"
            : NULL,
        abi == 0 ? "no limit on paths, TCP ports and signals: no Landlock"
                 : NULL,
        abi != 0 && abi < 4 ? "no limit on TCP ports: Landlock before Linux 6.7"
                            : NULL,
        abi != 0 && abi < 6 ? "no limit on signals: Landlock before Linux 6.12"
                            : NULL,
        sandbox_filter_known() ? NULL : "no system call filter: no seccomp",
    };

    text[0] = '\0';
    for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++) {
        if (why[i] == NULL)
            continue;
        if (text[0] != '\0')
            strcat(text, "; ");
        strcat(text, why[i]);
    }
    return text[0] != '\0' ? text : NULL;
}
