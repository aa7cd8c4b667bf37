/*
 * Records of the greylist in memory, see known.h: a hash table of chains that
 * grows with what is in it.
 *
 * A triplet and a client share the table: the key of a client has an empty
 * sender and recipient, which no triplet has both.  Nothing is ever forgotten;
 * the policy itself does not count what became too old.  That a daemon also
 * looks for a client under its network while name servers fail has no place
 * here: names of the laboratory never fail.
 */
#include "lab/known.h"

#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY (IDENTITY_TEXT + 2 * NORMAL_TEXT)

struct entry {
    struct entry *next;
    uint64_t hash;
    struct record record;
    struct client_record client;
    char key[]; /* identity '\n' sender '\n' recipient */
};

struct known {
    struct entry **chains;
    size_t nchains, n; /* nchains: a power of two */
};

struct known *known_new(void)
{
    struct known *k = xcalloc(1, sizeof(*k));

    k->nchains = 64;
    k->chains = xcalloc(k->nchains, sizeof(*k->chains));
    return k;
}

void known_free(struct known *k)
{
    if (k == NULL)
        return;
    for (size_t i = 0; i < k->nchains; i++)
        while (k->chains[i] != NULL) {
            struct entry *e = k->chains[i];

            k->chains[i] = e->next;
            free(e);
        }
    free(k->chains);
    free(k);
}

/* FNV-1a: keys are the laboratory's own, nobody chooses them to collide. */
static uint64_t hash_of(const char *key)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *key != '\0'; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    return h ^ (h >> 32);
}

static void grow(struct known *k)
{
    size_t nchains = 2 * k->nchains;
    struct entry **chains = xcalloc(nchains, sizeof(*chains));

    for (size_t i = 0; i < k->nchains; i++)
        while (k->chains[i] != NULL) {
            struct entry *e = k->chains[i];
            struct entry **chain = &chains[e->hash & (nchains - 1)];

            k->chains[i] = e->next;
            e->next = *chain;
            *chain = e;
        }
    free(k->chains);
    k->chains = chains;
    k->nchains = nchains;
}

static struct entry *find(struct known *k, const char *identity,
                          const char *sender, const char *recipient)
{
    char key[KEY];
    struct entry *e, **chain;
    uint64_t hash;

    snprintf(key, sizeof(key), "%s\n%s\n%s", identity, sender, recipient);
    hash = hash_of(key);
    for (e = k->chains[hash & (k->nchains - 1)]; e != NULL; e = e->next)
        if (e->hash == hash && strcmp(e->key, key) == 0)
            return e;
    if (k->n++ >= k->nchains)
        grow(k);
    e = xcalloc(1, sizeof(*e) + strlen(key) + 1);
    strcpy(e->key, key);
    e->hash = hash;
    chain = &k->chains[hash & (k->nchains - 1)];
    e->next = *chain;
    *chain = e;
    return e;
}

void known_judge(struct known *k, const struct judge_settings *s,
                 const struct rcpt *a, int64_t now, struct judgement *out)
{
    struct entry *triplet, *client;

    if (!judge_begin(s, a, out))
        return;
    triplet = find(k, out->identity, out->sender, out->recipient);
    client = find(k, out->identity, "", "");
    judge_finish(s, a, &triplet->record, &client->client, now, out);
    if (out->outcome.record_changed)
        triplet->record = out->outcome.record;
    if (out->outcome.client_changed)
        client->client = out->outcome.client;
}
