/* A list of mistakes, one a line, for people: gathered, then shown at once. */
#ifndef TARRY_REPORT_H
#define TARRY_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct report {
    size_t len;
    char text[16384]; /* what does not fit is cut */
};

bool report_empty(const struct report *r);

/* Adds a line; the newline is added, too. */
void report_add(struct report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a line "file: option: what is wrong". */
void report_mistake(struct report *r, const char *file, const char *option,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Calls line() for each, without its newline. */
void report_each(const struct report *r, void (*line)(const char *text));

#endif
