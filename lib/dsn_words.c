/*
 * The values of RET, ENVID, NOTIFY and ORCPT, read strictly: what is taken
 * here goes as it is into the spool, into the next server's command line and,
 * decoded, into the fields of a report.  So xtext that stands for a control
 * character or for an octet above 127 is refused (RFC 3461 §4.2, §4.4).
 */
#include "lib/dsn_words.h"

#include "lib/utf8.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_word(const char *p, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(p, word, len) == 0;
}

bool dsn_read_notify(const char *p, size_t len, unsigned *notify)
{
    static const char *const words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
    const char *end = p + len, *comma;

    *notify = 0;
    for (;; p = comma + 1) {
        size_t i = 0;

        comma = memchr(p, ',', (size_t)(end - p));
        len = (size_t)((comma != NULL ? comma : end) - p);
        while (i < 4 && !is_word(p, len, words[i]))
            i++;
        if (i == 4 || *notify & 1u << i)
            return false;
        *notify |= 1u << i;
        if (comma == NULL)
            return !(*notify & NOTIFY_NEVER) || *notify == NOTIFY_NEVER;
    }
}

bool dsn_read_ret(const char *p, size_t len, bool *full)
{
    *full = is_word(p, len, "FULL");
    return *full || is_word(p, len, "HDRS");
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0'
           : c >= 'A' && c <= 'F'    ? c - 'A' + 10
                                     : -1;
}

/* The octet that "+41" stands for, or -1. */
static int hexchar(const char *p, const char *end)
{
    if (end - p < 3 || hex(p[1]) < 0 || hex(p[2]) < 0)
        return -1;
    return hex(p[1]) * 16 + hex(p[2]);
}

static bool is_xtext(const char *p, const char *end, bool utf8)
{
    while (p < end) {
        unsigned char c = (unsigned char)*p;
        size_t n = 1;

        if (c >= 0x80) {
            n = utf8 ? utf8_length((const unsigned char *)p,
                                   (const unsigned char *)end)
                     : 0;
        } else if (c == '+') {
            int octet = hexchar(p, end);

            n = octet >= ' ' && octet < 0x7f ? 3 : 0;
        } else if (c <= ' ' || c == 0x7f || c == '=') {
            n = 0;
        }
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

bool dsn_is_envid(const char *p, size_t len)
{
    return len > 0 && len < DSN_ENVID && is_xtext(p, p + len, false);
}

bool dsn_is_orcpt(const char *p, size_t len, bool utf8)
{
    const char *semicolon = memchr(p, ';', len), *end = p + len;

    if (semicolon == NULL || semicolon == p || semicolon + 1 == end ||
        len >= DSN_ORCPT)
        return false;
    for (const char *at = p; at < semicolon; at++)
        if (!isalnum((unsigned char)*at) &&
            strchr("!#$%&'*-/?^_`{|}~", *at) == NULL)
            return false;
    return is_xtext(semicolon + 1, end,
                    utf8 && is_word(p, (size_t)(semicolon - p), "utf-8"));
}

unsigned dsn_notify_expanded(unsigned notify)
{
    return notify == NOTIFY_SUCCESS ? NOTIFY_NEVER
                                    : notify & ~(unsigned)NOTIFY_SUCCESS;
}
