/*
 * The public suffix list, see suffix.h.  The built-in one is used, so that no
 * file is needed in the sandbox; it is as new as the libpsl of the system.
 */
#include "greylist/suffix.h"

#include <libpsl.h>
#include <string.h>

const char *suffix_registered(const char *name)
{
    const psl_ctx_t *list = psl_builtin();

    /* Top-level domains that the list does not know count as suffixes too. */
    if (list == NULL || strchr(name, '.') == NULL)
        return NULL;
    return psl_registrable_domain(list, name);
}
