/*
 * Names of exemption lists in a hash table, see exempt_parts.h.
 *
 * A name is hashed from its end, so that one pass over a domain yields the
 * hash of each of its suffixes: asking for all of them costs hardly more than
 * asking for one, however many labels a stranger's name has.  What is in the
 * table comes from the administrator; the table is never fuller than half.
 */
#include "greylist/exempt_parts.h"
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a, an octet. */
static uint64_t hash_step(uint64_t h, char c)
{
    return (h ^ (unsigned char)c) * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(const char *text, size_t len)
{
    uint64_t h = HASH_START;

    while (len > 0)
        h = hash_step(h, text[--len]);
    return h;
}

static size_t place(const struct names *s, uint64_t hash)
{
    return (hash ^ hash >> 29) & s->mask;
}

void names_add(struct names *s, const char *text,
               const struct exempt_entry *entry)
{
    size_t len = strlen(text);

    /* Room for twice as many whenever their number is a power of two. */
    if ((s->n & (s->n - 1)) == 0)
        s->v = xrealloc(s->v, s->n > 0 ? 2 * s->n : 1, sizeof(*s->v));
    s->v[s->n++] = (struct name){.text = xstrdup(text),
                                 .len = len,
                                 .hash = hash_of(text, len),
                                 .entry = entry};
}

static const struct name *find(const struct names *s, const char *text,
                               size_t len, uint64_t hash)
{
    for (size_t i = place(s, hash); s->table[i] != 0; i = (i + 1) & s->mask) {
        const struct name *name = &s->v[s->table[i] - 1];

        if (name->hash == hash && name->len == len &&
            memcmp(name->text, text, len) == 0)
            return name;
    }
    return NULL;
}

void names_seal(struct names *s)
{
    size_t size = 2;

    while (size < 2 * s->n)
        size *= 2;
    s->mask = size - 1;
    s->table = xcalloc(size, sizeof(*s->table));
    for (size_t k = 0; k < s->n; k++) {
        size_t i = place(s, s->v[k].hash);

        if (find(s, s->v[k].text, s->v[k].len, s->v[k].hash) != NULL)
            continue; /* the first of two alike answers */
        while (s->table[i] != 0)
            i = (i + 1) & s->mask;
        s->table[i] = (uint32_t)(k + 1);
    }
}

void names_free(struct names *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i].text);
    free(s->v);
    free(s->table);
}

const struct exempt_entry *names_find(const struct names *s, const char *text,
                                      size_t len)
{
    const struct name *found = find(s, text, len, hash_of(text, len));

    return found != NULL ? found->entry : NULL;
}

const struct exempt_entry *names_find_domain(const struct names *s, char *text,
                                             size_t len, char key)
{
    uint64_t h = HASH_START;
    const struct name *suffix = NULL, *found;

    for (size_t i = len; i > 1;) {
        h = hash_step(h, text[--i]);
        if (text[i] == '.' && (found = find(s, text + i, len - i, h)) != NULL)
            suffix = found; /* longer than the one before */
    }
    text[0] = key;
    if (key != '\0')
        found = find(s, text, len, hash_step(h, key));
    else
        found = find(s, text + 1, len - 1, h);
    text[0] = '.';
    if (found == NULL)
        found = find(s, text, len, hash_step(h, '.'));
    if (found == NULL)
        found = suffix;
    return found != NULL ? found->entry : NULL;
}
