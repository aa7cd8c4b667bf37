/*
 * Mistakes gathered for one showing, so that nobody has to start the daemon
 * once for every line that is wrong.
 *
 * The same text goes to a terminal (start, -n), to the log (SIGHUP) or back
 * to tarryctl (reload).  It is cut when it grows too long.
 */
#include "tarryd/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool report_empty(const struct report *r)
{
    return r->len == 0;
}

__attribute__((format(printf, 2, 0))) static void
append(struct report *r, const char *fmt, va_list ap)
{
    size_t room = sizeof(r->text) - r->len;
    int n = vsnprintf(r->text + r->len, room, fmt, ap);

    if (n > 0)
        r->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void newline(struct report *r)
{
    if (r->len == sizeof(r->text) - 1)
        r->len--;
    r->text[r->len++] = '\n';
    r->text[r->len] = '\0';
}

void report_add(struct report *r, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    append(r, fmt, ap);
    va_end(ap);
    if (r->len > 0 && r->text[r->len - 1] != '\n')
        newline(r);
}

void report_mistake(struct report *r, const char *file, const char *option,
                    const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    report_add(r, "%s: %s: %s", file, option, text);
}

void report_each(const struct report *r, void (*line)(const char *text))
{
    char copy[sizeof(r->text)];
    char *save = NULL;

    memcpy(copy, r->text, r->len);
    copy[r->len] = '\0';
    for (char *l = strtok_r(copy, "\n", &save); l != NULL;
         l = strtok_r(NULL, "\n", &save))
        line(l);
}
