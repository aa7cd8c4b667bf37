/*
 * Small questions about local parts and domains, see names.h.
 *
 * What a stranger writes in RCPT passes names_component() before it becomes a
 * part of any path.  Only ASCII has case here: the local part of another
 * script is compared octet by octet, as RFC 6530 §4.1.1 leaves to the owner
 * of the mailbox.
 */
#include "queue/names.h"

#include <string.h>

bool names_ours(const struct strings *domains, const char *domain)
{
    for (size_t i = 0; i < domains->n; i++)
        if (strcmp(domains->v[i], domain) == 0)
            return true;
    return false;
}

bool names_strip(const char *local, char separator, char out[ADDRESS_LOCAL + 1])
{
    const char *detail = separator ? strchr(local, separator) : NULL;
    size_t len;

    if (detail == NULL || detail == local)
        return false;
    len = (size_t)(detail - local);
    if (len > ADDRESS_LOCAL)
        return false;
    memcpy(out, local, len);
    out[len] = '\0';
    return true;
}

bool names_lower(const char *local, char out[ADDRESS_LOCAL + 1])
{
    bool changed = false;
    size_t i;

    for (i = 0; i < ADDRESS_LOCAL && local[i] != '\0'; i++) {
        out[i] = local[i];
        if (local[i] >= 'A' && local[i] <= 'Z') {
            out[i] = (char)(local[i] - 'A' + 'a');
            changed = true;
        }
    }
    out[i] = '\0';
    return changed;
}

bool names_local(const char *local)
{
    size_t len = strlen(local);

    if (len == 0 || len > ADDRESS_LOCAL)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)local[i] < ' ' || local[i] == 0x7f)
            return false;
    return true;
}

bool names_component(const char *local)
{
    return names_local(local) && local[0] != '.' && strchr(local, '/') == NULL;
}
