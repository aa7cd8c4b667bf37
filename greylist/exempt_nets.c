/*
 * Networks of exemption lists, see exempt_parts.h.
 *
 * Of two networks one contains the other or they have nothing in common.  So
 * they are sorted by where they begin, larger ones first, and each knows the
 * smallest one around it.  The last network that begins at or before an address
 * has it, or one around that has it, or none has: a binary search and a
 * few steps outwards.
 */
#include "greylist/exempt_parts.h"
#include "lib/log.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* The octets as two numbers, which compare as the octets do. */
static struct bits bits_of(const uint8_t octets[16])
{
    struct bits b;

    memcpy(&b, octets, sizeof(b));
    return (struct bits){be64toh(b.high), be64toh(b.low)};
}

void nets_add(struct nets *s, const struct netaddr *start, unsigned prefix,
              const struct exempt_entry *entry)
{
    struct netaddr ones = {.family = start->family};
    struct net *net;

    memset(ones.octets, 0xff, sizeof(ones.octets));
    ones = netaddr_network(&ones, prefix, prefix);
    if ((s->n & (s->n - 1)) == 0)
        s->v = xrealloc(s->v, s->n > 0 ? 2 * s->n : 1, sizeof(*s->v));
    net = &s->v[s->n++];
    *net = (struct net){.start = bits_of(start->octets),
                        .mask = bits_of(ones.octets),
                        .family = start->family,
                        .prefix = (uint8_t)prefix,
                        .entry = entry};
}

/* Whether the net begins behind the address (of that family). */
static bool is_behind(const struct net *net, uint8_t family, struct bits a)
{
    if (net->family != family)
        return net->family > family;
    if (net->start.high != a.high)
        return net->start.high > a.high;
    return net->start.low > a.low;
}

static int compare(const void *a, const void *b)
{
    const struct net *x = a, *y = b;

    if (is_behind(x, y->family, y->start))
        return 1;
    if (is_behind(y, x->family, x->start))
        return -1;
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    return x->entry->line < y->entry->line ? 1 : -1;
}

static bool contains(const struct net *net, uint8_t family, struct bits a)
{
    return net->family == family &&
           (((net->start.high ^ a.high) & net->mask.high) |
            ((net->start.low ^ a.low) & net->mask.low)) == 0;
}

/* From net number i - 1 outwards, the first that has the address; or 0. */
static size_t outwards(const struct nets *s, size_t i, uint8_t family,
                       struct bits a)
{
    while (i > 0 && !contains(&s->v[i - 1], family, a))
        i = s->v[i - 1].parent;
    return i;
}

void nets_seal(struct nets *s)
{
    if (s->n == 0)
        return;
    qsort(s->v, s->n, sizeof(*s->v), compare);
    for (size_t i = 1; i < s->n; i++)
        s->v[i].parent = outwards(s, i, s->v[i].family, s->v[i].start);
}

const struct exempt_entry *nets_find(const struct nets *s,
                                     const struct netaddr *a)
{
    struct bits bits = bits_of(a->octets);
    size_t low = 0, high = s->n;

    while (low < high) { /* v[low - 1] is not behind a, v[high] is */
        size_t middle = low + (high - low) / 2;

        if (is_behind(&s->v[middle], a->family, bits))
            high = middle;
        else
            low = middle + 1;
    }
    low = outwards(s, low, a->family, bits);
    return low > 0 ? s->v[low - 1].entry : NULL;
}
