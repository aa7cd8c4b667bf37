/*
 * The sandbox that a program closes behind itself once it has what it needs:
 * an empty root, its own user, no new privileges, Landlock for paths and TCP
 * ports, a seccomp filter that kills on any system call not named.
 *
 * All platform dependence is in sandbox*.c.  What a kernel or a missing
 * privilege does not give is skipped: sandbox_missing() names it, which tarryd
 * tells once for all its programs, in event=ready and in its status.  A
 * protection that should work and fails is fatal.  Without root, chroot and
 * the change of user are skipped.
 */
#ifndef TARRY_SANDBOX_H
#define TARRY_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* What the program may still do, beyond its loop and its open descriptors. */
enum sandbox_allow {
    ALLOW_ACCEPT = 1,    /* accept(2) on listeners it was given */
    ALLOW_SOCKETS = 2,   /* make internet sockets and connect them */
    ALLOW_FILES = 4,     /* open, stat, make and rename below paths[] */
    ALLOW_THREADS = 8,   /* start threads, after it: none before */
    ALLOW_IDENTITY = 16, /* setfsuid(2)/setfsgid(2), never to 0 */
    ALLOW_SOURCE = 32    /* choose the address to connect from, not the port */
};

#define SANDBOX_PATHS 64
#define SANDBOX_PORTS 8

struct sandbox {
    const char *user; /* run as; NULL: stay who we are */
    /* chroot here: empty, root's own, not writable to others; or NULL. */
    const char *root;
    unsigned allow; /* enum sandbox_allow */
    /* Directories below which ALLOW_FILES may read and write; they exist. */
    const char *paths[SANDBOX_PATHS];
    size_t npaths;
    /*
     * Ports to which ALLOW_SOCKETS may connect by TCP (Landlock ABI 4).
     * Nothing here can limit where UDP goes.
     */
    unsigned short ports[SANDBOX_PORTS];
    size_t nports;
};

/*
 * Closes it, for the rest of this process and its threads. Call once, before
 * reading anything from a stranger.  Does not return on failure (fatal).
 *
 * All capabilities are given up, also by a root that stays root; ALLOW_IDENTITY
 * keeps CAP_SETUID and CAP_SETGID, and no supplementary groups.
 */
void sandbox_enter(const struct sandbox *s);

/*
 * One line that says what is not in force for a process started as we are
 * ("no chroot, no own user: not root"), or NULL when everything is. For
 * "make run" and the parent's start-up lines. Constant text or static buffer.
 */
const char *sandbox_missing(void);

#endif
