/* UTF-8 (RFC 3629 §4), for text that comes from strangers. */
#ifndef TARRY_UTF8_H
#define TARRY_UTF8_H

#include <stddef.h>

/*
 * Octets of the sequence of two or more that begins at p, or 0 when it is
 * none: torn, overlong, a surrogate, beyond U+10FFFF, or a C1 control.
 */
size_t utf8_length(const unsigned char *p, const unsigned char *end);

#endif
