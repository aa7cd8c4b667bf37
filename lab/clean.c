/*
 * What strangers wrote is told to people: a server's reply, a line of a log,
 * the name of a file.  A terminal would obey control characters in it, and
 * JSON has no place for what is not UTF-8.  See clean.h.
 */
#include "lab/clean.h"

#include "lib/utf8.h"

#include <string.h>

/* Octets of the good character that begins at p, or 0. */
static size_t good(const char *p, const char *end)
{
    if ((*p >= ' ' && *p < 0x7f) || *p == '\t')
        return 1;
    return utf8_length((const unsigned char *)p, (const unsigned char *)end);
}

bool clean_is(const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        size_t n = good(text, end);

        if (n == 0)
            return false;
        text += n;
    }
    return true;
}

void clean(char *text)
{
    const char *end = text + strlen(text);

    while (text < end) {
        size_t n = good(text, end);

        if (n == 0)
            *text = '?';
        text += n > 0 ? n : 1;
    }
}
