/*
 * A hash table of fixed size with chains through an array: there are never
 * more networks than connections, so it cannot fill and never allocates
 * after its start. The hash is keyed, so that nobody can aim at one chain.
 */
#include "smtpd/clients.h"
#include "lib/log.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>

#define NONE 0 /* indices count from 1, so that zeroed memory is empty */

struct entry {
    struct netaddr network;
    unsigned count;
    uint32_t next; /* in its chain, or among the free */
};

struct clients {
    uint64_t key;
    uint32_t size, used;   /* entries 1 to used were in use once */
    uint32_t free_entries; /* of them, the first that is free again */
    uint32_t *heads;
    struct entry *entries;
};

struct clients *clients_new(size_t size)
{
    struct clients *c = xcalloc(1, sizeof(*c));

    if (getrandom(&c->key, sizeof(c->key), 0) != sizeof(c->key))
        fatal(EX_OSERR, "no randomness");
    c->size = (uint32_t)size;
    c->heads = xcalloc(size, sizeof(*c->heads));
    c->entries = xcalloc(size + 1, sizeof(*c->entries));
    return c;
}

void clients_free(struct clients *c)
{
    if (c == NULL)
        return;
    free(c->heads);
    free(c->entries);
    free(c);
}

/* Where the index of the network's entry stands, or would. */
static uint32_t *find(struct clients *c, const struct netaddr *network)
{
    uint32_t *link = &c->heads[netaddr_hash(network, c->key) % c->size];

    while (*link != NONE && !netaddr_equal(&c->entries[*link].network, network))
        link = &c->entries[*link].next;
    return link;
}

static uint32_t take_free(struct clients *c)
{
    uint32_t i = c->free_entries;

    if (i != NONE)
        c->free_entries = c->entries[i].next;
    else if (c->used < c->size)
        i = ++c->used;
    return i;
}

bool clients_enter(struct clients *c, const struct netaddr *network,
                   unsigned limit)
{
    uint32_t *link = find(c, network);
    uint32_t i = *link;

    if (i == NONE) {
        if (limit == 0 || (i = take_free(c)) == NONE)
            return false;
        c->entries[i] = (struct entry){.network = *network, .next = NONE};
        *link = i;
    }
    if (c->entries[i].count >= limit)
        return false;
    c->entries[i].count++;
    return true;
}

void clients_leave(struct clients *c, const struct netaddr *network)
{
    uint32_t *link = find(c, network);
    uint32_t i = *link;

    if (i == NONE || --c->entries[i].count > 0)
        return;
    *link = c->entries[i].next;
    c->entries[i].next = c->free_entries;
    c->free_entries = i;
}
