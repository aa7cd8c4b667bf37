/*
 * Attempts kept small, see senders.h: 40 octets each, and every text once.
 *
 * The history is in order already, but for clocks that were set back; what
 * follows sorts it by time where that matters.
 */
#include "ctl/senders.h"

#include "greylist/normal.h"
#include "greylist/suffix.h"
#include "lib/log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FREE UINT32_MAX

struct senders *senders_new(void)
{
    struct senders *s = xcalloc(1, sizeof(*s));

    s->texts = texts_new(SENDERS_TEXT);
    s->null = texts_add(s->texts, "<>");
    return s;
}

void senders_release(struct senders *s)
{
    texts_free(s->texts);
    free(s->tried);
    free(s->order);
    free(s->messages);
    free(s->clients);
    free(s->lost);
    free(s->waits);
    free(s);
}

static uint32_t add_lower(struct senders *s, const char *text)
{
    char lower[HISTORY_TEXT];
    size_t n = 0;

    for (; n < sizeof(lower) - 1 && text[n] != '\0'; n++)
        lower[n] = (char)tolower((unsigned char)text[n]);
    lower[n] = '\0';
    return texts_add(s->texts, lower);
}

static uint32_t add_normal(struct senders *s, const char *sender)
{
    char normal[NORMAL_TEXT];
    struct address a;

    if (address_parse(sender, ADDRESS_UTF8, &a) != ADDRESS_OK)
        return add_lower(s, sender);
    return texts_add(s->texts, normal_sender(&a, normal));
}

/* The sender, and its normal form, which is made once. */
static bool add_sender(struct senders *s, const char *sender, struct tried *t)
{
    uint32_t *note;

    t->sender = *sender == '\0' ? s->null : texts_add(s->texts, sender);
    t->normal = s->null;
    if (t->sender == 0 || t->sender == s->null)
        return t->sender != 0;
    note = texts_note(s->texts, t->sender);
    if (*note == 0)
        *note = add_normal(s, sender);
    t->normal = *note;
    return t->normal != 0;
}

bool senders_add(struct senders *s, const struct attempt *a)
{
    char address[NETADDR_TEXT];
    struct tried t = {.time = (uint32_t)a->time,
                      .waited_sec = a->waited_sec,
                      .reply = (uint16_t)a->reply,
                      .decision = (uint8_t)a->decision,
                      .passed = a->passed};

    t.address =
        texts_add(s->texts, netaddr_text(&a->client, address, sizeof(address)));
    t.identity = texts_add(s->texts, a->identity);
    t.helo = texts_add(s->texts, a->helo);
    t.recipient = add_lower(s, a->recipient);
    if (s->ntried == SENDERS_ATTEMPTS || t.address == 0 || t.identity == 0 ||
        t.helo == 0 || t.recipient == 0 || !add_sender(s, a->sender, &t))
        return false;
    if (s->ntried == s->room) {
        s->room += s->room / 2 + 4096;
        s->tried = xrealloc(s->tried, s->room, sizeof(*s->tried));
    }
    s->tried[s->ntried++] = t;
    return true;
}

/* Notes are of senders, and no sender is an identity. */
void senders_add_free(struct senders *s, const char *identity)
{
    uint32_t text = texts_add(s->texts, identity);

    if (text != 0)
        *texts_note(s->texts, text) = FREE;
}

bool senders_is_free(const struct senders *s, uint32_t identity)
{
    return *texts_note(s->texts, identity) == FREE;
}

void senders_judge(struct senders *s, const struct senders_question *q)
{
    s->q = *q;
    senders_group(s);
    senders_count(s);
    senders_find_lost(s);
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->sub != y->sub)
        return x->sub < y->sub ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

void senders_sort(struct place *p, size_t n)
{
    qsort(p, n, sizeof(*p), by_place);
}

const char *senders_text(const struct senders *s, uint32_t text)
{
    return texts_get(s->texts, text);
}

const struct tried *senders_try(const struct senders *s,
                                const struct message *m, uint32_t i)
{
    return &s->tried[s->order[m->first + i]];
}

uint32_t senders_domain(struct senders *s, uint32_t sender)
{
    const char *at = strrchr(senders_text(s, sender), '@'), *domain;

    if (at == NULL)
        return texts_add(s->texts, "");
    domain = suffix_registered(at + 1);
    return texts_add(s->texts, domain != NULL ? domain : at + 1);
}

bool senders_is_name(const char *identity)
{
    struct netaddr a;

    return strchr(identity, '/') == NULL && strcmp(identity, "local") != 0 &&
           !netaddr_parse(identity, &a);
}
