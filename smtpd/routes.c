/*
 * Addresses in one pool, those of the recipient in question at its end: they
 * are kept by moving the end behind them, and dropped by not moving it.
 */
#include "smtpd/routes.h"
#include "lib/address.h"
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

void routes_clear(struct routes *r, bool reports)
{
    r->reports = reports;
    r->n = r->len = r->spooled = r->octets = 0;
    r->next_len = r->next_spooled = r->next_octets = 0;
}

void routes_release(struct routes *r)
{
    free(r->v);
    free(r->pool);
    memset(r, 0, sizeof(*r));
}

static void put(struct routes *r, const char *text)
{
    size_t n = strlen(text) + 1, end = r->len + r->next_len;

    if (end + n > r->size) {
        r->size = 2 * (end + n);
        r->pool = xrealloc(r->pool, r->size, 1);
    }
    memcpy(r->pool + end, text, n);
    r->next_len += n;
}

/* False when queue could not be told of one more. */
static bool count(struct routes *r, const char *local, const char *domain,
                  const struct rcpt_params *params)
{
    r->next_spooled++;
    r->next_octets += strlen(local) + strlen(domain) + strlen(params->orcpt) +
                      SPOOL_ADDRESS_OCTETS;
    return r->spooled + r->next_spooled <= SPOOL_ADDRESSES &&
           r->octets + r->next_octets <= SPOOL_OCTETS;
}

/* Alone, in a transaction of its own, it might fit; or not even so. */
static enum checked too_many(struct routes *r)
{
    r->next_len = r->next_spooled = r->next_octets = 0;
    return r->spooled > 0 ? CHECKED_TOO_MANY : CHECKED_FAILURE;
}

enum checked routes_take(struct routes *r, enum checked checked,
                         struct msg_in *in, const struct address *recipient,
                         const struct rcpt_params *params)
{
    uint32_t local = checked == CHECKED_LOCAL, known_by = 0, n = 0;

    r->next_len = r->next_spooled = r->next_octets = 0;
    if (checked == CHECKED_REMOTE) {
        msg_get_u32(in, &local);
        msg_get_u32(in, &known_by);
        msg_get_u32(in, &n);
    }
    for (uint32_t i = 0; i < n; i++) {
        char to[ADDRESS_LOCAL + 1], at[ADDRESS_DOMAIN + 1];

        if (!msg_get_str(in, to, sizeof(to)) ||
            !msg_get_str(in, at, sizeof(at)))
            return CHECKED_FAILURE;
        put(r, to);
        put(r, at);
        if (!count(r, to, at, params))
            return too_many(r);
    }
    r->next =
        (struct route){.local = local != 0, .remote = n, .known_by = known_by};
    r->next.told =
        r->reports && params->notify & NOTIFY_SUCCESS && (local != 0 || n > 1);
    if (r->next.told && !count(r, recipient->local, recipient->domain, params))
        return too_many(r);
    return msg_done(in) ? checked : CHECKED_FAILURE;
}

bool routes_needs_queue(const struct routes *r)
{
    return r->next_spooled > 0;
}

void routes_accept(struct routes *r)
{
    if (r->n == r->room) {
        r->room = 2 * r->room + 4;
        r->v = xrealloc(r->v, r->room, sizeof(*r->v));
    }
    r->v[r->n++] = r->next;
    r->len += r->next_len;
    r->spooled += r->next_spooled;
    r->octets += r->next_octets;
    r->next_len = r->next_spooled = r->next_octets = 0;
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

size_t routes_spooled(const struct routes *r)
{
    return r->spooled;
}
