/*
 * Numbers and strangers' texts for people, see text.h.
 *
 * What came from strangers never controls a terminal, nor the shell into
 * which it is copied from there.
 */
#include "ctl/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *two(long long big, const char *unit, long long small,
                       const char *smaller, char out[TEXT_DURATION])
{
    if (small > 0)
        snprintf(out, TEXT_DURATION, "%lld%s %lld%s", big, unit, small,
                 smaller);
    else
        snprintf(out, TEXT_DURATION, "%lld%s", big, unit);
    return out;
}

const char *text_duration(long long sec, char out[TEXT_DURATION])
{
    if (sec < 60)
        return two(sec, "s", 0, "", out);
    if (sec < 3600)
        return two(sec / 60, "m", sec % 60, "s", out);
    if (sec < 86400)
        return two(sec / 3600, "h", sec / 60 % 60, "m", out);
    return two(sec / 86400, "d", sec / 3600 % 24, "h", out);
}

const char *text_moment(int64_t t, char out[TEXT_MOMENT])
{
    time_t sec = (time_t)t;
    struct tm tm;

    if (t == 0 || localtime_r(&sec, &tm) == NULL ||
        strftime(out, TEXT_MOMENT, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        strcpy(out, "-");
    return out;
}

const char *text_minute(int64_t t, char out[TEXT_MINUTE])
{
    time_t sec = (time_t)t;
    struct tm tm;

    if (localtime_r(&sec, &tm) == NULL ||
        strftime(out, TEXT_MINUTE, "%b %e %H:%M", &tm) == 0)
        strcpy(out, "-");
    return out;
}

/*
 * Octets of the control character at s, or 0: of ASCII; U+0080 to U+009F, which
 * are a terminal's too; and those that turn the direction of what follows or
 * end a line (U+200E, 200F, 2028 to 202E, 2066 to 2069).
 */
static size_t control(const char *s)
{
    const unsigned char *c = (const unsigned char *)s;

    if (c[0] < ' ' || c[0] == 0x7f)
        return 1;
    if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
        return 2;
    if (c[0] != 0xe2)
        return 0;
    if (c[1] == 0x80 &&
        (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae)))
        return 3;
    return c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9 ? 3 : 0;
}

void text_print(const char *s)
{
    for (size_t n; *s != '\0'; s += n > 0 ? n : 1) {
        n = control(s);
        putchar(n > 0 ? '?' : *s);
    }
}

static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789@%_+=:,./-";

    return *word != '\0' && word[strspn(word, plain)] == '\0';
}

bool text_shell(const char *word, char *out, size_t size)
{
    size_t start = strlen(out), n = start;
    bool quotes = !is_plain(word);

    if (n + 4 > size)
        return false;
    out[n++] = ' ';
    if (quotes)
        out[n++] = '\'';
    for (; *word != '\0'; word++) {
        if (n + 7 > size || control(word) > 0) {
            out[start] = '\0';
            return false;
        }
        if (*word == '\'') {
            memcpy(out + n, "'\\''", 4);
            n += 4;
        } else {
            out[n++] = *word;
        }
    }
    if (quotes)
        out[n++] = '\'';
    out[n] = '\0';
    return true;
}
