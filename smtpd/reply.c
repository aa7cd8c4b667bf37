/*
 * Replies (RFC 5321 §4.2): at most 512 octets a line with CRLF, US-ASCII.
 *
 * session_input() begins a command only when there is room for all that it
 * can answer, so a reply always fits; nothing of what a client sent is ever
 * quoted in one.
 */
#include "smtpd/session_internal.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_OCTETS 512

/* One line, as it is, and CRLF. Anything but printable ASCII becomes '?'. */
static void put_line(struct session *s, const char *line, size_t len)
{
    if (len > LINE_MAX_OCTETS - 2)
        len = LINE_MAX_OCTETS - 2;
    assert(s->out_len + len + 2 <= sizeof(s->out));
    for (size_t i = 0; i < len; i++)
        s->out[s->out_len++] = isprint((unsigned char)line[i]) ? line[i] : '?';
    memcpy(s->out + s->out_len, "\r\n", 2);
    s->out_len += 2;
}

/*
 * After a reply: 421 closes, and so do too many 5xx.  A 4xx does not count: a
 * sender told to come back later for each of a hundred recipients did nothing
 * wrong, and would be told so again at every retry.
 */
static enum want after(struct session *s, const char *text)
{
    if (strncmp(text, "421", 3) == 0) {
        session_enter(s, STATE_CLOSED);
        return WANT_CLOSE;
    }
    if (text[0] != '5' || ++s->errors < s->limits->errors)
        return WANT_INPUT;
    return session_hang_up(s, "4.7.0 Too many errors");
}

enum want reply(struct session *s, const char *fmt, ...)
{
    char text[LINE_MAX_OCTETS];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    put_line(s, text, strlen(text));
    return after(s, text);
}

static void tell(struct session *s, int kind, const char *text)
{
    struct session_event e = {.reply = text};

    if (s->hook == NULL)
        return;
    e.kind = kind;
    e.id = s->transaction_id;
    e.octets = s->t.body.octets;
    s->hook(s->hook_arg, &e);
}

enum want reply_event(struct session *s, int kind, const char *fmt, ...)
{
    char text[LINE_MAX_OCTETS];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    tell(s, kind, text);
    put_line(s, text, strlen(text));
    return after(s, text);
}

/* "450 text" or "450 4.7.1 text", and the same code on every line. */
static bool verdict_fine(const char *lines)
{
    for (const char *p = lines; p != NULL; p = strchr(p, '\n')) {
        p += *p == '\n';
        if ((p[0] != '4' && p[0] != '5') || !isdigit((unsigned char)p[1]) ||
            !isdigit((unsigned char)p[2]) || p[3] != ' ' ||
            strncmp(p, lines, 3) != 0)
            return false;
    }
    return true;
}

static const char *fine_or_default(const char *lines)
{
    return verdict_fine(lines) ? lines : "451 4.7.1 Please try again later";
}

enum want reply_lines(struct session *s, const char *lines)
{
    const char *end;
    char line[LINE_MAX_OCTETS];
    size_t len;

    lines = fine_or_default(lines);
    for (const char *p = lines; *p != '\0'; p = end) {
        end = strchrnul(p, '\n');
        len = (size_t)(end - p) < sizeof(line) ? (size_t)(end - p)
                                               : sizeof(line) - 1;
        memcpy(line, p, len);
        if (*end == '\n') {
            line[3] = '-';
            end++;
        }
        put_line(s, line, len);
    }
    return after(s, lines);
}

enum want reply_verdict(struct session *s, const char *lines)
{
    tell(s, EVENT_RCPT, fine_or_default(lines));
    return reply_lines(s, lines);
}
