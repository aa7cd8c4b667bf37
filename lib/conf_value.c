/*
 * Setters for numbers, durations, sizes, flags and paths.
 *
 * A setter is called for one value (for each, of a list), reads it strictly,
 * and stores it or notes a mistake that says what to write instead.  It looks
 * at nothing but the value; what depends on other options is in conf_check.c.
 * Numbers are decimal, without sign; units are one letter without a space
 * before it.
 */
#include "lib/conf_internal.h"
#include "lib/log.h"

#include <confuse.h>
#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

struct unit {
    char letter; /* '\0' ends a table, and is the unit of a bare number */
    uint64_t worth;
};

static const struct unit durations[] = {
    {'d', 24 * 3600}, {'h', 3600}, {'m', 60}, {'s', 1}, {'\0', 1}};
static const struct unit sizes[] = {
    {'G', 1024 * 1024 * 1024}, {'M', 1024 * 1024}, {'K', 1024}, {'\0', 1}};
static const struct unit plain[] = {{'\0', 1}};

#define TOO_LARGE ULLONG_MAX

/* False when s is no number in these units. */
static bool number(const char *s, const struct unit *unit, uint64_t *out)
{
    char *end;
    uint64_t n;

    if (!isdigit((unsigned char)s[0])) /* strtoull takes "-1" and " 1" */
        return false;
    n = strtoull(s, &end, 10); /* TOO_LARGE when it is */
    while (unit->letter != '\0' && unit->letter != *end)
        unit++;
    if (unit->letter != '\0')
        end++;
    if (*end != '\0')
        return false;
    *out = n > TOO_LARGE / unit->worth ? TOO_LARGE : n * unit->worth;
    return true;
}

int conf_duration(const char *s, unsigned *sec)
{
    uint64_t n;

    if (!number(s, durations, &n) || n > UINT_MAX)
        return -1;
    *sec = (unsigned)n;
    return 0;
}

int conf_size(const char *s, uint64_t *octets)
{
    uint64_t n;

    if (!number(s, sizes, &n) || n == TOO_LARGE)
        return -1;
    *octets = n;
    return 0;
}

/* The number in the largest unit that divides it. */
static const char *in_units(uint64_t n, const struct unit *unit, char *out,
                            size_t size)
{
    while (unit->letter != '\0' && (n == 0 || n % unit->worth != 0))
        unit++;
    snprintf(out, size, "%" PRIu64 "%.1s", n / unit->worth, &unit->letter);
    return out;
}

/* Reads the item's number within its bounds. False, and a mistake, if not. */
static bool bounded(struct conf_reading *r, const struct conf_item *item,
                    const struct unit *units, const char *what, uint64_t *n)
{
    const struct conf_option *o = item->option;

    if (!number(item->text, units, n)) {
        conf_wrong(r, item, "'%.80s' is not %s", item->text, what);
    } else if (*n < o->min || *n > o->max) {
        char min[32], max[32];

        conf_wrong(r, item, "%.80s is out of bounds; write %s to %s",
                   item->text, in_units(o->min, units, min, sizeof(min)),
                   in_units(o->max, units, max, sizeof(max)));
    } else {
        return true;
    }
    return false;
}

static void *field(struct conf_reading *r, const struct conf_item *item)
{
    return (char *)r->conf + item->option->offset;
}

void conf_set_size(struct conf_reading *r, const struct conf_item *item)
{
    uint64_t *octets = field(r, item), n;

    if (bounded(r, item, sizes, "a size; write 25M, 64K or a number of octets",
                &n))
        *octets = n;
}

void conf_set_duration(struct conf_reading *r, const struct conf_item *item)
{
    unsigned *sec = field(r, item);
    uint64_t n;

    if (bounded(r, item, durations,
                "a duration; write 45s, 5m, 4h, 36d or a number of seconds",
                &n))
        *sec = (unsigned)n;
}

void conf_set_number(struct conf_reading *r, const struct conf_item *item)
{
    unsigned *value = field(r, item);
    uint64_t n;

    if (bounded(r, item, plain, "a number; write digits only", &n))
        *value = (unsigned)n;
}

void conf_set_flag(struct conf_reading *r, const struct conf_item *item)
{
    bool *flag = field(r, item);
    int value = cfg_parse_boolean(item->text);

    if (value == CFG_FAIL)
        conf_wrong(r, item, "'%.80s' is neither true nor false", item->text);
    else
        *flag = value != 0;
}

static bool is_path(struct conf_reading *r, const struct conf_item *item,
                    size_t max)
{
    if (item->text[0] != '/')
        conf_wrong(r, item, "'%.80s' is not a whole path; begin it with /",
                   item->text);
    else if (strlen(item->text) > max)
        conf_wrong(r, item, "the path is too long; the most is %zu octets",
                   max);
    else
        return true;
    return false;
}

void conf_set_path(struct conf_reading *r, const struct conf_item *item)
{
    char **path = field(r, item);

    if (is_path(r, item, CONF_PATH))
        *path = xstrdup(item->text);
}

void conf_set_socket(struct conf_reading *r, const struct conf_item *item)
{
    char **path = field(r, item);

    if (is_path(r, item, sizeof(((struct sockaddr_un *)0)->sun_path) - 1))
        *path = xstrdup(item->text);
}

void conf_append(struct strings *list, const char *text)
{
    list->v = xrealloc(list->v, list->n + 1, sizeof(*list->v));
    list->v[list->n++] = xstrdup(text);
}

void conf_set_paths(struct conf_reading *r, const struct conf_item *item)
{
    if (is_path(r, item, CONF_PATH))
        conf_append(field(r, item), item->text);
}
