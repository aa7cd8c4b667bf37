/*
 * Keys and values of the store as octets, see store_record.h.
 *
 * The key is the readable text itself, and not a hash of it: records of one
 * identity are neighbours on the same pages, which a busy client's mail then
 * finds in the cache, and they can be listed without reading all others.
 * Measured at a million records (Berkeley DB 5.3, pages of 4096): 16 octets
 * of a hash as key with the text in the value made 164 octets a record on disk
 * against 153, and 107,000 new records a second against 181,000.
 *
 * Times have 4 octets of fixed width, so that a record's use changes it in
 * place; a record is 14 octets until a counter reaches 128.  What does not
 * decode is treated as missing: an unknown triplet waits once more.
 */
#include "greylist/store_record.h"

#include <assert.h>
#include <string.h>

static size_t put_text(const char *text, size_t room, char *out)
{
    size_t len = strlen(text) + 1;

    assert(len <= room);
    memcpy(out, text, len);
    return len;
}

size_t store_key(const char *identity, const char *sender,
                 const char *recipient, char out[STORE_KEY])
{
    size_t n = put_text(identity, STORE_IDENTITY, out);

    if (sender != NULL && recipient != NULL) {
        n += put_text(sender, STORE_ADDRESS, out + n);
        n += put_text(recipient, STORE_ADDRESS, out + n);
    }
    return n;
}

static uint8_t *put_time(uint8_t *p, int64_t t)
{
    uint32_t v = t < 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;

    for (int i = 0; i < 4; i++)
        *p++ = (uint8_t)(v >> 8 * i);
    return p;
}

static uint8_t *put_count(uint8_t *p, uint32_t n)
{
    for (; n >= 0x80; n >>= 7)
        *p++ = (uint8_t)(n | 0x80);
    *p++ = (uint8_t)n;
    return p;
}

size_t store_pack_record(const struct record *r, uint8_t out[STORE_VALUE])
{
    uint8_t *p = put_time(out, r->first);

    p = put_time(p, r->last);
    p = put_time(p, r->passed);
    p = put_count(p, r->refused);
    p = put_count(p, r->accepted);
    return (size_t)(p - out);
}

size_t store_pack_client(const struct client_record *c,
                         uint8_t out[STORE_VALUE])
{
    uint8_t *p = put_count(put_time(out, c->last), c->passed);

    return (size_t)(p - out);
}

/* Octets to be read; what is missing makes it bad, and reads as 0. */
struct octets {
    const uint8_t *p, *end;
    bool bad;
};

static uint8_t next(struct octets *o)
{
    if (o->p < o->end)
        return *o->p++;
    o->bad = true;
    return 0;
}

static int64_t get_time(struct octets *o)
{
    uint32_t v = 0;

    for (int i = 0; i < 4; i++)
        v |= (uint32_t)next(o) << 8 * i;
    return v;
}

static uint32_t get_count(struct octets *o)
{
    uint64_t v = 0;
    uint8_t octet = 0x80;

    for (int i = 0; i < 5 && (octet & 0x80) != 0; i++) {
        octet = next(o);
        v |= (uint64_t)(octet & 0x7f) << 7 * i;
    }
    if ((octet & 0x80) != 0 || v > UINT32_MAX)
        o->bad = true;
    return (uint32_t)v;
}

bool store_unpack_record(const uint8_t *v, size_t len, struct record *out)
{
    struct octets o = {v, v + len, false};

    out->first = get_time(&o);
    out->last = get_time(&o);
    out->passed = get_time(&o);
    out->refused = get_count(&o);
    out->accepted = get_count(&o);
    if (o.bad || o.p != o.end)
        memset(out, 0, sizeof(*out));
    return !o.bad && o.p == o.end;
}

bool store_unpack_client(const uint8_t *v, size_t len,
                         struct client_record *out)
{
    struct octets o = {v, v + len, false};

    out->last = get_time(&o);
    out->passed = get_count(&o);
    if (o.bad || o.p != o.end)
        memset(out, 0, sizeof(*out));
    return !o.bad && o.p == o.end;
}

/* One text with its NUL, or NULL when there is none of at most room octets. */
static const char *take_text(const char **p, const char *end, size_t room)
{
    const char *text = *p, *nul = memchr(text, '\0', (size_t)(end - text));

    if (nul == NULL || (size_t)(nul - text) >= room)
        return NULL;
    *p = nul + 1;
    return text;
}

bool store_unpack_key(enum store_table table, const char *key, size_t len,
                      struct store_entry *e)
{
    const char *p = key, *end = key + len;

    memset(e, 0, sizeof(*e));
    e->identity = take_text(&p, end, STORE_IDENTITY);
    if (e->identity == NULL || table == STORE_CLIENTS)
        return e->identity != NULL && p == end;
    e->sender = take_text(&p, end, STORE_ADDRESS);
    e->recipient = e->sender ? take_text(&p, end, STORE_ADDRESS) : NULL;
    return e->recipient != NULL && p == end;
}
