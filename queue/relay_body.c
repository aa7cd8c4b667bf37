/*
 * Whole stretches between line ends are copied; only what begins or ends a
 * line is looked at.  With dots, the end of DATA is not ours to write: the
 * session does that, who must know the moment.
 */
#include "queue/relay_body.h"

#include <string.h>

void relay_body_init(struct relay_body *b, bool dots)
{
    b->dots = dots;
    b->line_start = true;
    b->cr = false;
}

static char *end_line(struct relay_body *b, char *out)
{
    *out++ = '\r';
    *out++ = '\n';
    b->line_start = true;
    b->cr = false;
    return out;
}

/* One octet or the stretch that it begins; returns how many it was. */
static size_t step(struct relay_body *b, const char *in, size_t len, char **out)
{
    size_t n = 0;

    if (*in == '\n') {
        *out = end_line(b, *out);
        return 1;
    }
    if (b->cr) {
        *(*out)++ = ' ';
        b->line_start = b->cr = false;
    }
    if (*in == '\r') {
        b->cr = true;
        return 1;
    }
    if (b->line_start && b->dots && *in == '.')
        *(*out)++ = '.';
    b->line_start = false;
    while (n < len && in[n] != '\n' && in[n] != '\r')
        n++;
    memcpy(*out, in, n);
    *out += n;
    return n;
}

size_t relay_body_encode(struct relay_body *b, const char *in, size_t len,
                         bool last, char *out)
{
    const char *end = in + len;
    char *to = out;

    while (in < end)
        in += step(b, in, (size_t)(end - in), &to);
    if (last && (b->cr || !b->line_start))
        to = end_line(b, to);
    return (size_t)(to - out);
}
