/*
 * The distribution of delays, see delays.h.
 *
 * A time that many messages share is one point.  When there are too many
 * times, a point is kept as soon as enough messages came since the last one
 * that was, and the last of all always is: the curve ends where it should.
 */
#include "lab/delays.h"

static void add(struct delays *d, int64_t sec, size_t arrived)
{
    d->v[d->n++] = (struct delays_point){sec, arrived};
}

void delays_make(struct delays *d, size_t of, size_t at_once,
                 const int64_t *sorted, size_t n)
{
    size_t apart = 1 + n / DELAYS_POINTS, kept = 0;

    d->of = of;
    d->n = 0;
    if (at_once > 0 && (n == 0 || sorted[0] > 0))
        add(d, 0, at_once);
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && (sorted[i + 1] == sorted[i] || i + 1 - kept < apart))
            continue;
        add(d, sorted[i], at_once + i + 1);
        kept = i + 1;
    }
}

json_t *delays_json(const struct delays *d)
{
    json_t *list = json_array();

    for (size_t i = 0; i < d->n; i++) {
        double share = d->of > 0 ? (double)d->v[i].arrived / (double)d->of : 0;

        json_array_append_new(
            list, json_pack("[I, f]", (json_int_t)d->v[i].sec, share));
    }
    return list;
}
