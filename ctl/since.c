/*
 * Times as an administrator writes them, see since.h.
 *
 * What the log and JSON show can be copied here.  A number without a unit is
 * seconds since 1970 when it is as large as those have been since 2001, and a
 * duration otherwise.
 */
#include "ctl/since.h"

#include "lib/conf.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EPOCH_DIGITS 10

/* The hour, and what may follow it. */
static const char *read_clock(const char *text, struct tm *tm)
{
    const char *rest = strptime(text, "%H:%M:%S", tm);

    if (rest == NULL) {
        tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
        return strptime(text, "%H:%M", tm);
    }
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    return rest;
}

static bool read_date(const char *text, int64_t *out)
{
    struct tm tm = {.tm_isdst = -1};
    const char *rest = strptime(text, "%Y-%m-%d", &tm);

    if (rest != NULL && (*rest == 'T' || *rest == ' '))
        rest = read_clock(rest + 1, &tm);
    if (rest == NULL || (*rest != '\0' && strcmp(rest, "Z") != 0))
        return false;
    *out = *rest == 'Z' ? timegm(&tm) : mktime(&tm);
    return true;
}

bool since_parse(const char *text, int64_t now, int64_t *out)
{
    unsigned sec;

    if (strlen(text) == EPOCH_DIGITS &&
        strspn(text, "0123456789") == EPOCH_DIGITS) {
        *out = strtoll(text, NULL, 10);
        return true;
    }
    if (conf_duration(text, &sec) == 0) {
        *out = now - sec;
        return true;
    }
    return read_date(text, out);
}
