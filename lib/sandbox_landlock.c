/*
 * Landlock: which paths and TCP ports this process and its threads may still
 * reach (landlock(7)).
 *
 * Every right that the kernel knows is taken away, then those that storing
 * mail needs are given back below paths[]: never to execute, never to make a
 * device, a socket, a pipe or a symbolic link.  TCP may be connected to
 * ports[] and bound nowhere (but for ALLOW_SOURCE).  Signals and abstract UNIX
 * sockets end at the sandbox.  What the kernel's ABI does not know is left out,
 * and sandbox_missing() says so.
 *
 * Landlock guards neither stat(2) nor UDP, nor descriptors opened before:
 * the seccomp filter and the empty root answer for those.
 */
#include "lib/sandbox_parts.h"

#include "lib/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

/*
 * The headers of Debian 12 are older than the kernels it runs under: what
 * they lack is here, under names of our own so that newer ones don't clash.
 */
#define FS_ABI2        ((UINT64_C(1) << 14) - 1)
#define FS_TRUNCATE    (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV   (UINT64_C(1) << 15) /* ABI 5 */
#define NET_BIND       (UINT64_C(1) << 0)  /* ABI 4 */
#define NET_CONNECT    (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL   (UINT64_C(1) << 1)
#define RULE_PORT      2

struct ruleset_attr {
    uint64_t fs;
    uint64_t net;    /* ABI 4 */
    uint64_t scoped; /* ABI 6 */
};

struct port_attr {
    uint64_t access;
    uint64_t port;
};

#define FS_MAIL                                                     \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
     LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE)

int sandbox_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
                       LANDLOCK_CREATE_RULESET_VERSION);

    /* ABI 1 cannot permit a rename from tmp/ to new/: of no use to us. */
    return abi < 2 ? 0 : (int)abi;
}

/* The kernel takes this longer structure if what it does not know is 0. */
static struct ruleset_attr handled(int abi)
{
    struct ruleset_attr a = {.fs = FS_ABI2};

    if (abi >= 3)
        a.fs |= FS_TRUNCATE;
    if (abi >= 4)
        a.net = NET_BIND | NET_CONNECT;
    if (abi >= 5)
        a.fs |= FS_IOCTL_DEV;
    if (abi >= 6)
        a.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
    return a;
}

static void add_path(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};

    rule.parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (rule.parent_fd < 0)
        fatal(EX_OSFILE, "sandbox: %s: %s", path, strerror(errno));
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule,
                0) != 0)
        fatal(EX_OSERR, "sandbox: Landlock for %s: %s", path, strerror(errno));
    close(rule.parent_fd);
}

static void add_port(int rules, uint64_t access, unsigned short port)
{
    struct port_attr rule = {access, port};

    if (syscall(SYS_landlock_add_rule, rules, RULE_PORT, &rule, 0) != 0)
        fatal(EX_OSERR, "sandbox: Landlock for port %u: %s", port,
              strerror(errno));
}

int sandbox_landlock_prepare(const struct sandbox *s)
{
    int abi = sandbox_landlock_abi();
    struct ruleset_attr a = handled(abi);
    int rules;

    if (abi == 0)
        return -1;
    rules = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0);
    if (rules < 0)
        fatal(EX_OSERR, "sandbox: Landlock: %s", strerror(errno));
    for (size_t i = 0; i < s->npaths; i++)
        if (s->allow & ALLOW_FILES)
            add_path(rules, s->paths[i], FS_MAIL & a.fs);
    for (size_t i = 0; i < s->nports; i++)
        if (s->allow & ALLOW_SOCKETS && a.net != 0)
            add_port(rules, NET_CONNECT, s->ports[i]);
    /* Port 0 stands for one that the kernel chooses. */
    if (s->allow & ALLOW_SOURCE && a.net != 0)
        add_port(rules, NET_BIND, 0);
    return rules;
}

void sandbox_landlock_enforce(int rules)
{
    if (rules < 0)
        return;
    if (syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        fatal(EX_OSERR, "sandbox: Landlock: %s", strerror(errno));
    close(rules);
}
