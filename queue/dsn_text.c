/*
 * Values of a report's fields: status codes out of replies, xtext, dates, and
 * replies folded into header lines.
 *
 * What a server replied comes from a stranger: it is folded and cut, and ends
 * up in no line of its own.
 */
#include "queue/dsn_text.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define FOLD 70

/* "d.d.d" at p, each of up to three digits; its length, or 0. */
static size_t enhanced(const char *p)
{
    size_t len = 0;

    if ((p[0] != '2' && p[0] != '4' && p[0] != '5') || p[1] != '.')
        return 0;
    len = 2;
    for (unsigned part = 0; part < 2; part++) {
        size_t digits = strspn(p + len, "0123456789");

        if (digits == 0 || digits > 3)
            return 0;
        len += digits;
        if (part == 0 && p[len++] != '.')
            return 0;
    }
    return p[len] == '\0' || isspace((unsigned char)p[len]) ? len : 0;
}

void dsn_status(const char *reply, enum dsn_action action, bool expired,
                char out[16])
{
    char class = action == DSN_FAILED ? '5' : action == DSN_DELAYED ? '4' : '2';
    const char *p = reply;
    size_t len;

    if (expired) {
        snprintf(out, 16, "5.4.7");
        return;
    }
    if (strspn(p, "0123456789") == 3 && (p[3] == ' ' || p[3] == '-'))
        p += 4;
    len = enhanced(p);
    if (len > 0 && p[0] == class)
        snprintf(out, 16, "%.*s", (int)len, p);
    else
        snprintf(out, 16, "%c.0.0", class);
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0'
           : c >= 'A' && c <= 'F'    ? c - 'A' + 10
                                     : -1;
}

char *dsn_xtext(const char *in, char *out, size_t size)
{
    size_t n = 0;

    while (*in != '\0' && n + 1 < size) {
        int c = (unsigned char)*in++;

        if (c == '+' && hex(in[0]) >= 0 && hex(in[1]) >= 0) {
            c = hex(in[0]) * 16 + hex(in[1]);
            in += 2;
        }
        out[n++] = c < ' ' || c == 0x7f ? '?' : (char)c;
    }
    out[n] = '\0';
    return out;
}

void dsn_date(FILE *out, int64_t at)
{
    static const char *const day[] = {"Sun", "Mon", "Tue", "Wed",
                                      "Thu", "Fri", "Sat"};
    static const char *const month[] = {"Jan", "Feb", "Mar", "Apr",
                                        "May", "Jun", "Jul", "Aug",
                                        "Sep", "Oct", "Nov", "Dec"};
    time_t when = (time_t)at;
    struct tm tm;

    gmtime_r(&when, &tm);
    fprintf(out, "%s, %02d %s %d %02d:%02d:%02d +0000", day[tm.tm_wday],
            tm.tm_mday, month[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
            tm.tm_min, tm.tm_sec);
}

/* Breaks at spaces, and at FOLD octets where there is none. */
void dsn_fold(FILE *out, const char *text, const char *indent, size_t column)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        size_t word = strcspn(text + 1, " \n");

        if (c == '\n' || (c == ' ' && column + word > FOLD) || column > 900) {
            fprintf(out, "\n%s", indent);
            column = strlen(indent);
            if (c == '\n' || c == ' ')
                continue;
        }
        putc(c < ' ' || c == 0x7f ? '?' : c, out);
        column++;
    }
    putc('\n', out);
}
