/*
 * Addresses in one pool, those of the recipient in question at its end: they
 * are kept by moving the end behind them, and dropped by not moving it.
 */
#include "smtpd/routes.h"
#include "lib/address.h"
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

void routes_clear(struct routes *r)
{
    r->n = r->len = r->next_len = 0;
}

void routes_release(struct routes *r)
{
    free(r->v);
    free(r->pool);
    memset(r, 0, sizeof(*r));
}

static bool put(struct routes *r, const char *text)
{
    size_t n = strlen(text) + 1, end = r->len + r->next_len;

    if (end + n > ROUTES_OCTETS)
        return false;
    if (end + n > r->size) {
        r->size = 2 * (end + n);
        r->pool = xrealloc(r->pool, r->size, 1);
    }
    memcpy(r->pool + end, text, n);
    r->next_len += n;
    return true;
}

enum checked routes_take(struct routes *r, enum checked checked,
                         struct msg_in *in)
{
    uint32_t local = 1, n = 0;

    r->next_len = 0;
    if (checked == CHECKED_REMOTE) {
        msg_get_u32(in, &local);
        msg_get_u32(in, &n);
    }
    for (uint32_t i = 0; i < n; i++) {
        char to[ADDRESS_LOCAL + 1], at[ADDRESS_DOMAIN + 1];

        if (!msg_get_str(in, to, sizeof(to)) ||
            !msg_get_str(in, at, sizeof(at)) || !put(r, to) || !put(r, at))
            return CHECKED_FAILURE;
    }
    r->next = (struct route){.local = local != 0, .remote = n};
    return msg_done(in) ? checked : CHECKED_FAILURE;
}

void routes_accept(struct routes *r)
{
    if (r->n == r->room) {
        r->room = 2 * r->room + 4;
        r->v = xrealloc(r->v, r->room, sizeof(*r->v));
    }
    r->v[r->n++] = r->next;
    r->len += r->next_len;
    r->next_len = 0;
}

size_t routes_local(const struct routes *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->v[i].local;
    return n;
}

size_t routes_remote(const struct routes *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->v[i].remote;
    return n;
}
