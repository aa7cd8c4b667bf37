/*
 * Memory, or the end of the program: nothing here is worth a half-way state
 * that nobody has tested.  What a stranger can make us hold is bounded before.
 */
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

void *xcalloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);

    if (p == NULL)
        fatal(EX_OSERR, "out of memory");
    return p;
}

void *xrealloc(void *old, size_t n, size_t size)
{
    void *p = reallocarray(old, n ? n : 1, size ? size : 1);

    if (p == NULL)
        fatal(EX_OSERR, "out of memory");
    return p;
}

char *xstrdup(const char *s)
{
    char *p = strdup(s);

    if (p == NULL)
        fatal(EX_OSERR, "out of memory");
    return p;
}
