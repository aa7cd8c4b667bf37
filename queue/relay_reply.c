/*
 * Reading replies, from servers that may be broken or hostile.
 *
 * Strict in what steers us: three digits of which the first is 2 to 5, the
 * same in each line, then a space or a hyphen, or the end of the line (which
 * some servers send).  A code without its last line is not a reply, however
 * long we wait.  Lenient in what does not: text may hold any octets, of which
 * those that are not printable are never passed on, and a bare LF ends a line
 * as CRLF does; a bare CR and a NUL are text.
 */
#include "queue/relay_reply.h"

#include <string.h>

void reply_reset(struct reply *r)
{
    r->code = 0;
    r->lines = 0;
    r->bad = NULL;
    r->len = 0;
    r->text[0] = '\0';
    r->line_len = 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The code that begins the line, or 0. */
static unsigned line_code(const char *line, size_t len)
{
    if (len < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
        !is_digit(line[2]))
        return 0;
    if (len > 3 && line[3] != ' ' && line[3] != '-')
        return 0;
    return (unsigned)((line[0] - '0') * 100 + (line[1] - '0') * 10 +
                      (line[2] - '0'));
}

/* Whole lines only: half of one might say something else. */
static void keep(struct reply *r, const char *line, size_t len)
{
    size_t need = len + (r->len > 0);

    if (need >= sizeof(r->text) - r->len)
        return;
    if (r->len > 0)
        r->text[r->len++] = '\n';
    for (size_t i = 0; i < len; i++)
        r->text[r->len++] = line[i] < ' ' || line[i] > '~' ? '?' : line[i];
    r->text[r->len] = '\0';
}

static enum reply_status bad(struct reply *r, const char *why)
{
    r->bad = why;
    return REPLY_BAD;
}

/* A whole line, without its LF. */
static enum reply_status take_line(struct reply *r)
{
    size_t len = r->line_len;
    unsigned code;

    if (len > 0 && r->line[len - 1] == '\r')
        len--;
    code = line_code(r->line, len);
    if (code == 0)
        return bad(r, "not a reply of SMTP");
    if (r->lines > 0 && code != r->code)
        return bad(r, "a reply with two codes");
    if (r->lines == REPLY_LINES)
        return bad(r, "a reply of too many lines");
    r->code = code;
    r->lines++;
    keep(r, r->line, len);
    r->line_len = 0;
    return len > 3 && r->line[3] == '-' ? REPLY_MORE : REPLY_DONE;
}

enum reply_status reply_read(struct reply *r, const char *buf, size_t len,
                             size_t *used)
{
    enum reply_status status = REPLY_MORE;

    *used = 0;
    while (status == REPLY_MORE && *used < len) {
        const char *from = buf + *used, *end = memchr(from, '\n', len - *used);
        size_t n = end != NULL ? (size_t)(end - from) : len - *used;

        if (n >= sizeof(r->line) - r->line_len)
            return bad(r, "a reply line that is too long");
        memcpy(r->line + r->line_len, from, n);
        r->line_len += n;
        *used += n;
        if (end == NULL)
            break;
        ++*used;
        status = take_line(r);
    }
    return status;
}

bool reply_line(const struct reply *r, unsigned i, const char **text,
                size_t *len)
{
    const char *at = r->text, *end = r->text + r->len, *stop;

    for (; i > 0; i--) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at == NULL)
            return false;
        at++;
    }
    if (r->len == 0)
        return false;
    stop = memchr(at, '\n', (size_t)(end - at));
    if (stop == NULL)
        stop = end;
    *text = stop - at > 4 ? at + 4 : stop;
    *len = (size_t)(stop - *text);
    return true;
}

const char *reply_enhanced(const struct reply *r)
{
    const char *text, *at;
    size_t len;

    if (!reply_line(r, 0, &text, &len) || len < 5 || text[1] != '.' ||
        text[0] != r->text[0])
        return NULL;
    at = text + 2 + strspn(text + 2, "0123456789");
    if (at == text + 2 || at - text > 5 || *at != '.' || !is_digit(at[1]))
        return NULL;
    return text;
}
