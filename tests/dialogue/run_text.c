/*
 * Text of dialogues: braces, wildcards, what every reply must keep to
 * (RFC 5321 §4.2, §4.5.3.1.5; RFC 2034 §4), and the parts of a stored message.
 */
#include "tests/dialogue/run.h"

#include "lib/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What one pair of braces stands for, without its count; -1: nothing. */
static int brace(const char *name, size_t len, unsigned n, bool counted,
                 char *out, size_t size)
{
    char hex[3] = "";
    if (len == 3 && name[0] == 'x' && isxdigit((unsigned char)name[1]) &&
        isxdigit((unsigned char)name[2])) {
        memcpy(hex, name + 1, 2);
        out[0] = (char)strtoul(hex, NULL, 16);
        return 1;
    }
    if (len == 2 && !memcmp(name, "CR", 2))
        return out[0] = '\r', 1;
    if (len == 2 && !memcmp(name, "LF", 2))
        return out[0] = '\n', 1;
    if (len == 3 && !memcmp(name, "NUL", 3))
        return out[0] = '\0', 1;
    if (len == 1 && name[0] == 'n' && !counted)
        return snprintf(out, size, "%u", n);
    if (!counted || len == 0 || len > size)
        return -1;
    memcpy(out, name, len);
    return (int)len;
}

char *expand(const char *text, unsigned n, size_t *len)
{
    char *out = xcalloc(1, strlen(text) + 1), piece[32];
    *len = 0;
    while (*text) {
        const char *close = text[0] == '{' ? strchr(text, '}') : NULL;
        const char *star = close ? memchr(text, '*', close - text) : NULL;
        unsigned long times = star ? strtoul(star + 1, NULL, 10) : 1;
        int size = 1;
        piece[0] = *text;
        if (text[0] == '{') {
            size = -1;
            if (close)
                size = brace(text + 1, (star ? star : close) - text - 1, n,
                             star != NULL, piece, sizeof piece);
            text = close;
        }
        if (size < 0 || times > 1000000) {
            free(out);
            return NULL;
        }
        text++;
        out = xrealloc(out, *len + times * (size_t)size + strlen(text) + 1, 1);
        for (; times > 0; times--, *len += (size_t)size)
            memcpy(out + *len, piece, (size_t)size);
    }
    out[*len] = '\0';
    return out;
}

bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *back = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            back = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++back;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* "2.1.5 " behind a reply code of the same class. */
static bool enhanced_code(const char *line)
{
    const char *s = line + 4;
    if (s[0] != line[0] || s[1] != '.')
        return false;
    s += 2;
    for (int part = 0; part < 2; part++) {
        size_t digits = strspn(s, "0123456789");
        if (digits < 1 || digits > 3 || s[digits] != (part ? ' ' : '.'))
            return false;
        s += digits + 1;
    }
    return true;
}

const char *reply_fault(const char *line, size_t len, bool enhanced)
{
    if (len < 5 || memcmp(line + len - 2, "\r\n", 2))
        return "a reply line without CRLF at its end";
    if (len > 512)
        return "a reply line of more than 512 octets";
    for (size_t i = 0; i + 2 < len; i++)
        if (line[i] < ' ' || line[i] > '~')
            return "a reply with an octet that is not printable ASCII";
    if (line[0] < '2' || line[0] > '5' || !isdigit((unsigned char)line[1]) ||
        !isdigit((unsigned char)line[2]) || (line[3] != ' ' && line[3] != '-'))
        return "a reply line that does not begin with a code";
    if (enhanced && line[0] != '3' && !enhanced_code(line))
        return "a reply without the enhanced status code of its class";
    return NULL;
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void sort_words(char *text)
{
    char *copy = xstrdup(text), *words[512] = {0}, *save = NULL;
    size_t n = 0;
    for (char *w = strtok_r(copy, " ", &save); w && n < 512;
         w = strtok_r(NULL, " ", &save))
        words[n++] = w;
    qsort(words, n, sizeof words[0], compare_words);
    *text = '\0';
    for (size_t i = 0; i < n; i++) {
        if (i && !strcmp(words[i], words[i - 1]))
            continue;
        text = stpcpy(text, i ? " " : "");
        text = stpcpy(text, words[i]);
    }
    free(copy);
}

bool message_split(struct message *m, const char *raw, size_t len)
{
    const char *s = raw, *end = raw + len;
    char *out = m->fields = xcalloc(1, len + 2);
    bool received = false;
    while (s < end) {
        const char *nl = memchr(s, '\n', end - s);
        size_t n = (nl ? nl : end) - s;
        bool folded = n > 0 && (*s == ' ' || *s == '\t');
        if (received && !folded)
            break;
        if (folded && out > m->fields)
            out[-1] = ' ';
        for (; folded && n > 0 && (*s == ' ' || *s == '\t'); n--)
            s++;
        received = received || (n > 9 && !strncasecmp(s, "Received:", 9));
        out = mempcpy(out, s, n);
        *out++ = '\n';
        s = nl ? nl + 1 : end;
    }
    *out = '\0';
    m->body_len = end - s;
    m->body = xcalloc(1, m->body_len + 1);
    memcpy(m->body, s, m->body_len);
    return received;
}

void message_free(struct message *m)
{
    free(m->to);
    free(m->from);
    free(m->fields);
    free(m->body);
    *m = (struct message){0};
}
