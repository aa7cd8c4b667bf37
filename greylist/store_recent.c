/*
 * A direct-mapped cache of client records, see store_recent.h.
 *
 * An entry is 64 octets, a line of the processor's cache; identities too long
 * for it are not remembered.  The hash (FNV-1a) need not resist an attacker:
 * the identity itself is compared, so a collision costs a search and no more.
 */
#include "greylist/store_recent.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct client_record client;
    char identity[64 - sizeof(struct client_record)]; /* "": no entry */
};

struct recent {
    size_t n; /* a power of two */
    struct entry *entries;
};

struct recent *recent_new(uint64_t octets)
{
    struct recent *r = xcalloc(1, sizeof(*r));

    for (r->n = 64; r->n * 2 * sizeof(*r->entries) <= octets;)
        r->n *= 2;
    r->entries = xcalloc(r->n, sizeof(*r->entries));
    return r;
}

void recent_free(struct recent *r)
{
    if (r != NULL)
        free(r->entries);
    free(r);
}

static struct entry *place(struct recent *r, const char *identity)
{
    uint64_t h = 0xcbf29ce484222325;

    for (const char *p = identity; *p != '\0'; p++)
        h = (h ^ (uint8_t)*p) * 0x100000001b3;
    return &r->entries[(h ^ h >> 32) & (r->n - 1)];
}

const struct client_record *recent_find(struct recent *r, const char *identity)
{
    struct entry *e = place(r, identity);

    return identity[0] != '\0' && strcmp(e->identity, identity) == 0
               ? &e->client
               : NULL;
}

void recent_set(struct recent *r, const char *identity,
                const struct client_record *client)
{
    struct entry *e = place(r, identity);
    size_t len = strlen(identity);

    if (len >= sizeof(e->identity))
        return;
    memcpy(e->identity, identity, len + 1);
    e->client = *client;
}

void recent_forget(struct recent *r, const char *identity)
{
    struct entry *e = place(r, identity);

    if (strcmp(e->identity, identity) == 0)
        memset(e, 0, sizeof(*e));
}

void recent_clear(struct recent *r)
{
    memset(r->entries, 0, r->n * sizeof(*r->entries));
}
