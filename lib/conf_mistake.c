/*
 * Mistakes in a configuration, gathered and written in the file's order.
 *
 * "file:line: option: what is wrong", or "file: option: what is wrong" where
 * no line is to blame.  At most CONF_MISTAKES are kept, so that a file that
 * is no configuration at all gives a page and not a book.  What is quoted from
 * the file holds no control characters: conf_text.c lets none through.
 */
#include "lib/conf_internal.h"
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISTAKE_TEXT 512

__attribute__((format(printf, 5, 0))) static void
note(struct conf_reading *r, unsigned line, const char *section,
     const char *name, const char *fmt, va_list ap)
{
    char text[MISTAKE_TEXT];
    int n;

    if (r->nmistakes == CONF_MISTAKES) {
        r->more_mistakes = true;
        return;
    }
    n = snprintf(text, sizeof(text) / 2, "%s%s%.80s: ", section,
                 section[0] != '\0' ? "." : "", name);
    vsnprintf(text + n, sizeof(text) - n, fmt, ap);
    r->mistakes[r->nmistakes].line = line;
    r->mistakes[r->nmistakes++].text = xstrdup(text);
}

void conf_mistake(struct conf_reading *r, unsigned line, const char *section,
                  const char *name, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(r, line, section, name, fmt, ap);
    va_end(ap);
}

void conf_wrong(struct conf_reading *r, const struct conf_item *item,
                const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(r, item->line, item->option->section, item->option->name, fmt, ap);
    va_end(ap);
}

/* By line, those of the whole file last; then as they were found. */
static bool before(const struct conf_mistake *a, const struct conf_mistake *b)
{
    return a->line != 0 && (b->line == 0 || a->line < b->line);
}

static void sort(struct conf_mistake *m, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && before(&m[j], &m[j - 1]); j--) {
            struct conf_mistake swap = m[j];

            m[j] = m[j - 1];
            m[j - 1] = swap;
        }
}

static void append(char *err, size_t size, const char *text)
{
    size_t len;

    if (size == 0)
        return;
    len = strlen(err);
    snprintf(err + len, size - len, "%s", text);
}

bool conf_mistakes(struct conf_reading *r, char *err, size_t size)
{
    char number[16];

    if (size > 0)
        err[0] = '\0';
    sort(r->mistakes, r->nmistakes);
    for (size_t i = 0; i < r->nmistakes; i++) {
        append(err, size, i > 0 ? "\n" : "");
        append(err, size, r->conf->file);
        snprintf(number, sizeof(number), ":%u", r->mistakes[i].line);
        append(err, size, r->mistakes[i].line != 0 ? number : "");
        append(err, size, ": ");
        append(err, size, r->mistakes[i].text);
        free(r->mistakes[i].text);
    }
    if (r->more_mistakes)
        append(err, size, "\nand more");
    return r->nmistakes > 0;
}
