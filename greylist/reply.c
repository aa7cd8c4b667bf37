/*
 * Reply templates, see reply.h.
 *
 * A template is checked when the settings are read, with the longest values
 * that there can be, so that filling it in cannot fail later: each line is an
 * SMTP reply line that fits (RFC 5321 §4.5.3.1.5).  Only codes that mean "try
 * again" are taken: greylisting must never be the reason that mail is lost.
 *
 * What comes from outside is an address in its written form; anything in it
 * but printable ASCII becomes '?'.
 */
#include "greylist/reply.h"

#include "lib/address.h"
#include "lib/log.h"
#include "lib/netaddr.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENHANCED_DEFAULT "4.7.1"

struct reply_template {
    char text[REPLY_TEXT]; /* lines with codes, placeholders not yet filled */
    char *hostname, *url;
};

struct check {
    struct reply_template *t;
    char code[4];
    char enhanced[12]; /* "4.7.1" */
    char *err;
    size_t size;
};

static bool __attribute__((format(printf, 2, 3)))
wrong(struct check *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(c->err, c->size, fmt, ap);
    va_end(ap);
    return false;
}

/* Octets of "4.7.1" at s, or 0. Class, subject and detail (RFC 3463 §2). */
static size_t enhanced_code(const char *s)
{
    size_t len = 0;

    for (int i = 0; i < 3; i++) {
        size_t n = strspn(s + len, "0123456789");

        if (n == 0 || n > 3 || (i < 2 && s[len + n] != '.'))
            return 0;
        len += n + (i < 2);
    }
    return s[len] == ' ' || s[len] == '\0' ? len : 0;
}

/* Octets of "450 " or "450-" at s, or 0. */
static size_t basic_code(const char *s)
{
    if (strspn(s, "0123456789") != 3)
        return 0;
    return s[3] == ' ' || s[3] == '-' ? 4 : s[3] == '\0' ? 3 : 0;
}

static bool first_codes(struct check *c, const char *s)
{
    size_t n = basic_code(s), e = enhanced_code(s + n);

    snprintf(c->code, sizeof(c->code), "%.3s", s);
    if (n == 0 || (strcmp(c->code, "421") != 0 && strcmp(c->code, "450") != 0 &&
                   strcmp(c->code, "451") != 0))
        return wrong(c,
                     "'%.40s' does not begin with a code that asks for "
                     "another try; write 421, 450 or 451",
                     s);
    if (e > 0 && strncmp(s + n, "4.", 2) != 0)
        return wrong(c, "'%.40s' has an enhanced code that is no 4.x.x", s);
    snprintf(c->enhanced, sizeof(c->enhanced), "%.*s", (int)(e > 0 ? e : 5),
             e > 0 ? s + n : ENHANCED_DEFAULT);
    return true;
}

/* The text behind the codes of a line, or NULL if they are wrong. */
static const char *behind_codes(struct check *c, const char *s)
{
    size_t n = basic_code(s), e = enhanced_code(s + n);
    const char *text = s + n + e;

    if ((n > 0 && strncmp(s, c->code, 3) != 0) ||
        (e > 0 &&
         (strlen(c->enhanced) != e || strncmp(s + n, c->enhanced, e) != 0))) {
        wrong(c, "'%.40s' has other codes than the first line, %s %s", s,
              c->code, c->enhanced);
        return NULL;
    }
    return e > 0 && *text == ' ' ? text + 1 : text;
}

static bool check_text(struct check *c, const char *s)
{
    for (const char *p = s; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
            return wrong(c,
                         "'%.40s' has characters that are no printable "
                         "ASCII",
                         s);
        if (*p != '%')
            continue;
        p++;
        if (*p == '\0' || strchr("wsmrchu%", *p) == NULL)
            return wrong(c,
                         "'%.40s' has an unknown %%%.1s; there are %%w %%s "
                         "%%m %%r %%c %%h %%u %%%%",
                         s, p);
        if (*p == 'u' && c->t->url == NULL)
            return wrong(c, "has %%u, but there is no url; set greylist url");
    }
    return true;
}

static bool add_line(struct check *c, const char *line)
{
    char *out = c->t->text;
    size_t used = strlen(out);
    const char *text;
    int n;

    if (used == 0 && !first_codes(c, line))
        return false;
    text = behind_codes(c, line);
    if (text == NULL || !check_text(c, text))
        return false;
    n = snprintf(out + used, REPLY_TEXT - used, "%s%s %s%s%s",
                 used > 0 ? "\n" : "", c->code, c->enhanced,
                 text[0] != '\0' ? " " : "", text);
    return (n >= 0 && (size_t)n < REPLY_TEXT - used) ||
           wrong(c, "is too long; the most is %d octets", REPLY_TEXT - 1);
}

static void human(uint32_t sec, char *out, size_t size)
{
    static const struct {
        uint32_t until, sec;
        const char *unit;
    } forms[] = {{59, 1, "second"},
                 {59 * 60, 60, "minute"},
                 {3600, 3600, "hour"},
                 {2 * 3600 - 60, 60, "minute"},
                 {UINT32_MAX, 3600, "hour"}};
    size_t i = 0;
    uint32_t n;

    while (sec > forms[i].until)
        i++;
    n = sec / forms[i].sec + (sec % forms[i].sec != 0);
    snprintf(out, size, "%u %s%s", n, forms[i].unit, n == 1 ? "" : "s");
}

static const char *value(const struct reply_template *t,
                         const struct reply_values *v, char what, char *buf,
                         size_t size)
{
    switch (what) {
    case 'w':
        human(v->wait_sec, buf, size);
        return buf;
    case 's':
        snprintf(buf, size, "%u", v->wait_sec);
        return buf;
    case 'm':
        snprintf(buf, size, "%u", v->wait_sec / 60 + (v->wait_sec % 60 != 0));
        return buf;
    case 'r':
        return v->recipient;
    case 'c':
        return v->client;
    case 'h':
        return t->hostname;
    case 'u':
        return t->url;
    default:
        return "%";
    }
}

/* Fills it in; returns the octets needed, which may be more than size. */
static size_t expand(const struct reply_template *t,
                     const struct reply_values *v, char *out, size_t size)
{
    size_t len = 0;
    char buf[32], one[2] = "";

    for (const char *p = t->text; *p != '\0'; p++) {
        const char *s = one;

        one[0] = *p;
        if (*p == '%')
            s = value(t, v, *++p, buf, sizeof(buf));
        for (; *s != '\0'; s++, len++)
            if (len < size - 1)
                out[len] =
                    (char)(isprint((unsigned char)*s) || s == one ? *s : '?');
    }
    out[len < size ? len : size - 1] = '\0';
    return len;
}

/* With the longest values that can be. */
static bool check_lengths(struct check *c)
{
    char recipient[ADDRESS_TEXT], client[NETADDR_TEXT], out[4 * REPLY_TEXT];
    struct reply_values worst = {UINT32_MAX, recipient, client};
    size_t line;

    memset(recipient, 'x', sizeof(recipient));
    recipient[sizeof(recipient) - 1] = '\0';
    memset(client, 'x', sizeof(client));
    client[sizeof(client) - 1] = '\0';
    if (expand(c->t, &worst, out, sizeof(out)) >= REPLY_TEXT)
        return wrong(c, "can become longer than %d octets, when filled in",
                     REPLY_TEXT - 1);
    for (const char *p = out; *p != '\0'; p += line + (p[line] == '\n')) {
        line = strcspn(p, "\n");
        if (line > REPLY_LINE)
            return wrong(c,
                         "'%.40s' can become longer than %d octets, when "
                         "filled in",
                         p, REPLY_LINE);
    }
    return true;
}

static bool add_lines(struct check *c, const char *lines)
{
    char *copy = xstrdup(lines), *rest = copy, *line;
    bool fine = true;

    while (fine && (line = strsep(&rest, "\n")) != NULL)
        fine = add_line(c, line);
    free(copy);
    return fine;
}

struct reply_template *reply_template_new(const char *const *lines, size_t n,
                                          const char *hostname, const char *url,
                                          char *err, size_t size)
{
    struct reply_template *t = xcalloc(1, sizeof(*t));
    struct check c = {.t = t, .err = err, .size = size};
    bool fine = n > 0 || wrong(&c, "is empty; write 450 4.7.1 and a text");

    t->hostname = xstrdup(hostname);
    t->url = url != NULL ? xstrdup(url) : NULL;
    for (size_t i = 0; i < n && fine; i++)
        fine = add_lines(&c, lines[i]);
    if (fine && check_lengths(&c))
        return t;
    reply_template_free(t);
    return NULL;
}

void reply_template_free(struct reply_template *t)
{
    if (t == NULL)
        return;
    free(t->hostname);
    free(t->url);
    free(t);
}

char *reply_template_write(const struct reply_template *t,
                           const struct reply_values *v, char out[REPLY_TEXT])
{
    expand(t, v, out, REPLY_TEXT);
    return out;
}
