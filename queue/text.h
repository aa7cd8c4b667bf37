/* Text written into memory. */
#ifndef TARRY_TEXT_H
#define TARRY_TEXT_H

#include <stdio.h>

/*
 * open_memstream(3), or fatal: *text and *len are valid after fclose(3), and
 * *text is the caller's to free.
 */
FILE *text_open(char **text, size_t *len) __attribute__((returns_nonnull));

#endif
