/*
 * What sandbox.c is made of. For sandbox*.c only; callers use sandbox.h.
 *
 * Landlock comes in two steps, because the paths are only visible before the
 * change of root and the rules only binding after it.
 */
#ifndef TARRY_SANDBOX_PARTS_H
#define TARRY_SANDBOX_PARTS_H

#include "lib/sandbox.h"

/*
 * What libraries would open late, they open now.  Slow under a sanitizer: a
 * test that forks many children does it once before.
 */
void sandbox_settle_libraries(void);

/* The kernel's Landlock ABI if it is one that serves us, or 0. */
int sandbox_landlock_abi(void);
/* Opens the paths; returns the rules, or -1 without Landlock. Or fatal. */
int sandbox_landlock_prepare(const struct sandbox *s);
/* Puts them in force and closes them. Needs no_new_privs. Or fatal. */
void sandbox_landlock_enforce(int rules);

/* True if the kernel has seccomp filters. */
bool sandbox_filter_known(void);
/* The last step: nothing but s->allow and the loop from here. Or fatal. */
void sandbox_filter_enforce(const struct sandbox *s);

/* A sanitizer's function: NULL in a build without one. */
extern void __sanitizer_symbolize_pc(void *pc, const char *fmt, char *out,
                                     size_t size) __attribute__((weak));

#define ALWAYS 0 /* else any of enum sandbox_allow */

/* Calls that pass as they are (sandbox_calls.c); the last group has none. */
struct call_group {
    unsigned when;
    const int *calls;
    size_t n;
};
extern const struct call_group sandbox_calls[];

#endif
