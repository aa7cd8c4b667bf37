/*
 * A state machine over octets, with a fast path through the middle of lines.
 *
 * The output is never longer than the input read so far, so it is written
 * over it: no copy is made of a message in this program.
 */
#include "smtpd/body.h"

#include <ctype.h>
#include <string.h>

#define FIELD    "received:"
#define NO_MATCH sizeof(FIELD) /* this line is something else */

void body_init(struct body *b, bool dots)
{
    memset(b, 0, sizeof(*b));
    b->state = BODY_LINE_START;
    b->dots = dots;
    b->in_header = true;
}

/* Compares the start of a header line, octet by octet. */
static void match(struct body *b, char c)
{
    static const char field[] = FIELD;

    if (!b->in_header || b->match == NO_MATCH)
        return;
    if (tolower((unsigned char)c) != field[b->match])
        b->match = NO_MATCH;
    else if (++b->match == sizeof(FIELD) - 1) {
        b->received++;
        b->match = NO_MATCH;
    }
}

/* How many octets from p on are neither CR, LF nor NUL. */
static size_t plain(const char *p, size_t len)
{
    const char *q = memchr(p, '\r', len);

    if (q != NULL)
        len = (size_t)(q - p);
    q = memchr(p, '\n', len);
    if (q != NULL)
        len = (size_t)(q - p);
    q = memchr(p, '\0', len);
    return q != NULL ? (size_t)(q - p) : len;
}

/* An octet of a line that is neither its CR nor the dot before it. */
static void line_octet(struct body *b, char c, char *buf, size_t *out)
{
    if (c == '\n' || c == '\0')
        b->bad = true;
    match(b, c);
    buf[(*out)++] = c;
    b->octets++;
    b->state = BODY_IN_LINE;
}

static void line_end(struct body *b, char *buf, size_t *out)
{
    buf[(*out)++] = '\n';
    b->octets += 2;
    b->match = 0;
    b->state = BODY_LINE_START;
}

/* One octet; true at the end of DATA. */
static bool step(struct body *b, char c, char *buf, size_t *out)
{
    switch (b->state) {
    case BODY_LINE_START:
        if (c == '.' && b->dots) {
            b->state = BODY_DOT;
            return false;
        }
        if (c == '\r') {
            b->in_header = false; /* an empty line */
            b->state = BODY_CR;
            return false;
        }
        break;
    case BODY_IN_LINE:
        if (c == '\r') {
            b->state = BODY_CR;
            return false;
        }
        break;
    case BODY_CR:
        if (c == '\n') {
            line_end(b, buf, out);
            return false;
        }
        b->bad = true;
        if (c == '\r')
            return false;
        break;
    case BODY_DOT:
        if (c == '\r') {
            b->state = BODY_DOT_CR;
            return false;
        }
        break;
    case BODY_DOT_CR:
        if (c == '\n')
            return true;
        b->bad = true;
        if (c == '\r') {
            b->state = BODY_CR;
            return false;
        }
        break;
    }
    line_octet(b, c, buf, out);
    return false;
}

bool body_decode(struct body *b, char *buf, size_t len, size_t *used,
                 size_t *stored)
{
    size_t in = 0, out = 0;
    bool end = false;

    while (in < len && !end) {
        if (b->state == BODY_IN_LINE &&
            (!b->in_header || b->match == NO_MATCH)) {
            size_t n = plain(buf + in, len - in);

            memmove(buf + out, buf + in, n);
            in += n;
            out += n;
            b->octets += n;
            if (in == len)
                break;
        }
        end = step(b, buf[in++], buf, &out);
    }
    *used = in;
    *stored = out;
    return end;
}

void body_finish(struct body *b)
{
    if (b->state == BODY_CR)
        b->bad = true;
}
