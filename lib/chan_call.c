/* A question and its answer at once, on a channel; see chan.h. */
#include "lib/chan_parts.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

static int64_t milliseconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool chan_call(struct chan *c, enum msg_type type, uint64_t id,
               const struct msg_out *payload, enum msg_type wanted,
               unsigned milliseconds, struct msg_in *in)
{
    static unsigned char buf[CHAN_PACKET]; /* a handler may be above us */
    int64_t end = milliseconds_now() + milliseconds, left;
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    struct msg m;

    if (chan_send(c, type, id, payload, -1) != 0)
        return false;
    while ((left = end - milliseconds_now()) > 0) {
        enum received got = chan_take(c, buf, &m);

        if (got == BROKEN)
            return false;
        if (got == EMPTY) {
            poll(&p, 1, (int)left);
            continue;
        }
        if (m.fd >= 0)
            close(m.fd);
        if (m.type == wanted && m.id == id) {
            *in = m.in;
            return true;
        }
    }
    return false;
}
