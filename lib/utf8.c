/*
 * Sequences of UTF-8, by the table of RFC 3629 §4.  C1 controls are well
 * formed, but have no place in an address: a terminal may obey them.
 */
#include "lib/utf8.h"

size_t utf8_length(const unsigned char *p, const unsigned char *end)
{
    size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;

    if (*p < 0xc2 || *p > 0xf4 || (size_t)(end - p) < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
        (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
        return 0; /* overlong, a surrogate, or beyond U+10FFFF */
    if (*p == 0xc2 && p[1] < 0xa0)
        return 0; /* C1 controls */
    return n;
}
