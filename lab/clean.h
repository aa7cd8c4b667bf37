/* Text of others, on its way to a terminal, a page or JSON. */
#ifndef TARRY_LAB_CLEAN_H
#define TARRY_LAB_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/* Is it UTF-8 without control characters but tabs? */
bool clean_is(const char *text, size_t len);
/* Every octet of it that is not, becomes '?'. */
void clean(char *text);

#endif
