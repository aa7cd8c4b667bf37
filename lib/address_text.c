/*
 * Addresses as text again, quoted where they must be, and what is wrong with
 * those that are none.
 */
#include "lib/address_parts.h"

#include <string.h>

static bool needs_quotes(const char *local)
{
    bool dot = true;

    for (const char *p = local; *p != '\0'; p++) {
        if (*p == '.' ? dot
                      : !address_is_atext((unsigned char)*p) &&
                            (unsigned char)*p < 0x80)
            return true;
        dot = *p == '.';
    }
    return dot && local[0] != '\0';
}

char *address_text(const struct address *a, char *out, size_t size)
{
    char *o = out;
    bool quotes = needs_quotes(a->local);

    if (size < ADDRESS_TEXT)
        return strcpy(out, "");
    if (quotes)
        *o++ = '"';
    for (const char *p = a->local; *p != '\0'; p++) {
        if (quotes && (*p == '"' || *p == '\\'))
            *o++ = '\\';
        *o++ = *p;
    }
    if (quotes)
        *o++ = '"';
    if (a->domain[0] != '\0')
        *o++ = '@';
    strcpy(o, a->domain);
    return out;
}

const char *address_error_text(enum address_error e)
{
    static const char *const text[] = {
        [ADDRESS_OK] = "fine",
        [ADDRESS_SYNTAX] = "not an address",
        [ADDRESS_LONG_LOCAL] = "local part over 64 octets",
        [ADDRESS_LONG_DOMAIN] = "domain over 255 octets",
        [ADDRESS_NO_DOMAIN] = "domain missing",
        [ADDRESS_NOT_ASCII] = "not ASCII, and SMTPUTF8 was not asked for",
    };

    return text[e];
}
