/*
 * The time that begins a line of a log: of RFC 3339, or syslog's old one,
 * which has no year; see trace.h.
 */
#include "lab/trace_parts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MONTH 2592000

static const char *read_iso(const char *line, struct tm *tm, int64_t *zone)
{
    int hours, minutes, n = 0;
    char sign;

    *zone = 0;
    line = strptime(line, "%Y-%m-%dT%H:%M:%S", tm);
    if (line == NULL)
        return NULL;
    if (*line == '.')
        line += 1 + strspn(line + 1, "0123456789");
    if (*line == 'Z')
        return line + 1;
    /* "+01:00", and journalctl's "+0100" */
    if ((*line != '+' && *line != '-') ||
        (sscanf(line, "%c%2d:%2d%n", &sign, &hours, &minutes, &n) != 3 &&
         sscanf(line, "%c%2d%2d%n", &sign, &hours, &minutes, &n) != 3))
        return line;
    *zone = (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
    return line + n;
}

const char *trace_time(struct trace_reader *r, const char *line, int64_t *out)
{
    struct tm tm = {0};
    int64_t zone;
    const char *rest = read_iso(line, &tm, &zone);

    if (rest != NULL) {
        *out = timegm(&tm) - zone;
        return rest;
    }
    tm = (struct tm){.tm_year = r->year - 1900};
    rest = strptime(line, "%b %d %H:%M:%S", &tm);
    if (rest == NULL)
        return NULL;
    *out = timegm(&tm);
    if (*out < r->last - MONTH) { /* the first of January */
        r->year++;
        tm.tm_year++;
        *out = timegm(&tm);
    }
    return rest;
}
