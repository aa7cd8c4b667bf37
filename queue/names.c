/*
 * Small questions about local parts and domains, see names.h.
 *
 * What a stranger writes in RCPT passes names_component() before it becomes a
 * part of any path.  Only ASCII has case here: the local part of another
 * script is compared octet by octet, as RFC 6530 §4.1.1 leaves to the owner
 * of the mailbox.  Domains are compared as A-labels when they are not the same
 * octets, with what UTS #46 maps to one another; all beyond works with
 * the spelling of the settings.
 */
#include "queue/names.h"

#include <idn2.h>
#include <string.h>

static bool is_international(const char *domain)
{
    for (const char *p = domain; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80)
            return true;
    return strstr(domain, "xn--") != NULL;
}

/* False when it is no domain name. */
static bool to_ascii(const char *domain, char out[ADDRESS_DOMAIN + 1])
{
    char *ascii = NULL;
    bool fits;

    if (!is_international(domain)) {
        strcpy(out, domain);
        return true;
    }
    fits = idn2_to_ascii_8z(domain, &ascii, IDN2_NONTRANSITIONAL) == IDN2_OK &&
           strlen(ascii) <= ADDRESS_DOMAIN;
    if (fits)
        strcpy(out, ascii);
    idn2_free(ascii);
    return fits;
}

const char *names_find(const struct strings *domains, const char *domain)
{
    char ours[ADDRESS_DOMAIN + 1], theirs[ADDRESS_DOMAIN + 1];

    for (size_t i = 0; i < domains->n; i++)
        if (strcmp(domains->v[i], domain) == 0)
            return domains->v[i];
    if (!is_international(domain) || !to_ascii(domain, theirs))
        return NULL;
    for (size_t i = 0; i < domains->n; i++)
        if (to_ascii(domains->v[i], ours) && strcmp(ours, theirs) == 0)
            return domains->v[i];
    return NULL;
}

bool names_ours(const struct strings *domains, const char *domain)
{
    return names_find(domains, domain) != NULL;
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
