/*
 * Attempts as octets, see history_file.h.
 *
 * A length and a sum around each attempt tell a whole one from one that a
 * full disk or a power cut left in pieces.  Nothing read from a file is
 * believed before its sum is right.
 */
#include "greylist/history_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FIXED (2 + 4 + 1 + 2 + 4 + 1)
#define SUM   4

static uint32_t sum(const uint8_t *p, size_t len)
{
    uint32_t h = 0x811c9dc5;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x01000193;
    return h;
}

static uint8_t *put(uint8_t *p, uint64_t v, int octets)
{
    for (int i = 0; i < octets; i++)
        *p++ = (uint8_t)(v >> 8 * i);
    return p;
}

static uint32_t get(const uint8_t *p, int octets)
{
    uint32_t v = 0;

    for (int i = 0; i < octets; i++)
        v |= (uint32_t)p[i] << 8 * i;
    return v;
}

static uint8_t *put_text(uint8_t *p, const char *text)
{
    size_t len = strnlen(text, HISTORY_TEXT - 1);

    memcpy(p, text, len);
    p[len] = '\0';
    return p + len + 1;
}

static size_t address_octets(unsigned family)
{
    return family == 4 ? 4 : family == 6 ? 16 : 0;
}

size_t history_pack(const struct attempt *a, uint8_t out[HISTORY_ENTRY])
{
    int64_t t = a->time < 0 ? 0 : a->time;
    size_t address = address_octets(a->client.family);
    uint8_t *p = out + 2;

    p = put(p, t > UINT32_MAX ? UINT32_MAX : (uint64_t)t, 4);
    p = put(p, (uint64_t)a->decision | (a->passed ? 0x80 : 0), 1);
    p = put(p, a->reply, 2);
    p = put(p, a->waited_sec, 4);
    p = put(p, a->client.family, 1);
    memcpy(p, a->client.octets, address);
    p = put_text(p + address, a->identity);
    p = put_text(p, a->helo);
    p = put_text(p, a->sender);
    p = put_text(p, a->recipient);
    put(out, (uint64_t)(p + SUM - out - 2), 2);
    p = put(p, sum(out, (size_t)(p - out)), SUM);
    return (size_t)(p - out);
}

/* Points the four texts into p. False when they do not fill it exactly. */
static bool find_texts(const uint8_t *p, const uint8_t *end,
                       struct attempt *out)
{
    const char **texts[] = {&out->identity, &out->helo, &out->sender,
                            &out->recipient};

    for (size_t i = 0; i < 4; i++) {
        const uint8_t *nul = memchr(p, '\0', (size_t)(end - p));

        if (nul == NULL)
            return false;
        *texts[i] = (const char *)p;
        p = nul + 1;
    }
    return p == end;
}

size_t history_unpack(const uint8_t *p, size_t len, struct attempt *out)
{
    size_t size = len < FIXED ? 0 : 2 + (size_t)get(p, 2), address;

    if (size < FIXED + 4 + SUM || size > HISTORY_ENTRY || size > len ||
        get(p + size - SUM, SUM) != sum(p, size - SUM))
        return 0;
    memset(out, 0, sizeof(*out));
    out->time = get(p + 2, 4);
    out->decision = p[6] & 0x7f;
    out->passed = (p[6] & 0x80) != 0;
    out->reply = get(p + 7, 2);
    out->waited_sec = get(p + 9, 4);
    out->client.family = p[13];
    address = address_octets(p[13]);
    if (out->decision > DECISION_CLIENT || FIXED + address + SUM > size)
        return 0;
    memcpy(out->client.octets, p + FIXED, address);
    return find_texts(p + FIXED + address, p + size - SUM, out) ? size : 0;
}

void history_reader_init(struct history_reader *r, int fd, uint64_t offset)
{
    r->fd = fd;
    r->offset = offset;
    r->have = r->used = 0;
}

/* Moves what is left to the front, and reads more behind it. */
static int refill(struct history_reader *r)
{
    ssize_t n;

    r->have -= r->used;
    memmove(r->buffer, r->buffer + r->used, r->have);
    r->used = 0;
    do
        n = pread(r->fd, r->buffer + r->have, sizeof(r->buffer) - r->have,
                  (off_t)(r->offset + r->have));
    while (n < 0 && errno == EINTR);
    if (n > 0)
        r->have += (size_t)n;
    return n < 0 ? -1 : n > 0;
}

int history_next(struct history_reader *r, struct attempt *out)
{
    size_t n;
    int more;

    while ((n = history_unpack(r->buffer + r->used, r->have - r->used, out)) ==
           0) {
        if (r->have - r->used >= HISTORY_ENTRY)
            return 0;
        if ((more = refill(r)) <= 0)
            return more;
    }
    r->used += n;
    r->offset += n;
    return 1;
}
