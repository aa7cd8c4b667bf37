/* How long those waited that came back and passed, see senders.h. */
#include "ctl/senders.h"

#include "lib/log.h"

#include <stdlib.h>

#define MIN  60
#define HOUR 3600

const uint32_t senders_classes[SENDERS_CLASSES] = {
    MIN,      5 * MIN,  10 * MIN,  15 * MIN,  30 * MIN,  HOUR,
    2 * HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR, UINT32_MAX};

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

void senders_sort_waits(uint32_t *waits, uint32_t n)
{
    qsort(waits, n, sizeof(*waits), by_size);
}

uint32_t senders_wait(const uint32_t *sorted, uint32_t n, unsigned percent)
{
    uint64_t rank = ((uint64_t)n * percent + 99) / 100;

    return n == 0 ? 0 : sorted[rank > 0 ? rank - 1 : 0];
}

uint32_t *senders_waits(const struct senders *s, const struct client *c,
                        uint32_t *n)
{
    uint32_t *waits = xcalloc(c->count[MESSAGE_WAITED], sizeof(*waits));

    *n = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct message *m = &s->messages[c->first + i];

        if (!m->old && m->state == MESSAGE_WAITED)
            waits[(*n)++] = m->waited_sec;
    }
    senders_sort_waits(waits, *n);
    return waits;
}

void senders_classify(const struct senders *s, uint32_t out[SENDERS_CLASSES])
{
    unsigned class = 0;

    for (unsigned i = 0; i < SENDERS_CLASSES; i++)
        out[i] = 0;
    for (uint32_t i = 0; i < s->nwaits; i++) {
        while (class < SENDERS_CLASSES - 1 &&
               s->waits[i] >= senders_classes[class])
            class ++;
        out[class]++;
    }
}
