/*
 * The decision on a client's verified name.
 *
 * Questions for all names are asked at once: eight dead zones one after the
 * other would use up the time of the one that answers.  What a stranger puts
 * into his zone can be any octets; only a name that passes
 * address_is_hostname() is asked for, stored or ever told to anyone.
 *
 * Only an answer decides.  "None" is said when every name server that had to
 * be asked has answered; otherwise it is "unknown", which no policy may read
 * as "this client has no name".
 */
#include "resolver/fcrdns.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

void fcrdns_init(struct fcrdns *f, const struct netaddr *client)
{
    memset(f, 0, sizeof(*f));
    f->client = *client;
}

static void reverse_name(const struct netaddr *a, char *out, size_t size)
{
    const uint8_t *o = a->octets;
    size_t used = 0;

    if (a->family == 4) {
        snprintf(out, size, "%u.%u.%u.%u.in-addr.arpa", o[3], o[2], o[1], o[0]);
        return;
    }
    for (int i = 15; i >= 0; i--)
        used += (size_t)snprintf(out + used, size - used, "%x.%x.", o[i] & 15,
                                 o[i] >> 4);
    snprintf(out + used, size - used, "ip6.arpa");
}

/* The first name that matches, if all before it are answered or may not be. */
static const struct fcrdns_name *first_match(const struct fcrdns *f,
                                             bool settled)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->names[i].matches && f->names[i].answered)
            return &f->names[i];
        if (settled && !f->names[i].answered)
            return NULL;
    }
    return NULL;
}

static bool all_answered(const struct fcrdns *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (!f->names[i].answered)
            return false;
    return f->answered;
}

enum fcrdns_next fcrdns_next(struct fcrdns *f, struct fcrdns_question *q)
{
    if (!f->asked) {
        f->asked = true;
        reverse_name(&f->client, q->name, sizeof(q->name));
        return FCRDNS_ASK_PTR;
    }
    if (all_answered(f) || first_match(f, true) != NULL)
        return FCRDNS_DONE;
    if (!f->answered || f->next == f->n)
        return FCRDNS_WAIT;
    q->index = f->next++;
    strcpy(q->name, f->names[q->index].text);
    return FCRDNS_ASK_ADDRESS;
}

static bool known(const struct fcrdns *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->names[i].text, name) == 0)
            return true;
    return false;
}

void fcrdns_name(struct fcrdns *f, const char *name)
{
    char lower[ADDRESS_DOMAIN + 1];
    size_t len = strlen(name);

    assert(!f->answered);
    if (len > 0 && name[len - 1] == '.')
        len--;
    if (!address_is_hostname(name, len)) {
        f->odd++;
        return;
    }
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    lower[len] = '\0';
    if (f->n < FCRDNS_NAMES && !known(f, lower))
        strcpy(f->names[f->n++].text, lower);
}

void fcrdns_names_end(struct fcrdns *f, enum answer_status s, unsigned ttl_sec)
{
    f->answered = true;
    f->status = s;
    f->ttl_sec = ttl_sec;
    if (s != ANSWER_OK)
        f->n = 0;
}

void fcrdns_address(struct fcrdns *f, size_t i, const struct netaddr *a)
{
    assert(i < f->n && !f->names[i].answered);
    if (netaddr_equal(a, &f->client))
        f->names[i].matches = true;
}

void fcrdns_addresses_end(struct fcrdns *f, size_t i, enum answer_status s,
                          unsigned ttl_sec)
{
    assert(i < f->n && !f->names[i].answered);
    f->names[i].answered = true;
    f->names[i].status = s;
    f->names[i].ttl_sec = ttl_sec;
    if (s != ANSWER_OK)
        f->names[i].matches = false;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned clamp(unsigned ttl_sec, unsigned max)
{
    return least(ttl_sec < FCRDNS_MIN_SEC ? FCRDNS_MIN_SEC : ttl_sec, max);
}

struct fcrdns_verdict fcrdns_verdict(const struct fcrdns *f)
{
    const struct fcrdns_name *match = first_match(f, false);
    struct fcrdns_verdict v = {NAMED_UNKNOWN, "", FCRDNS_UNKNOWN_SEC};
    unsigned ttl_sec = f->ttl_sec;

    if (match != NULL) {
        v.named = NAMED_VERIFIED;
        v.name = match->text;
        v.ttl_sec = clamp(least(ttl_sec, match->ttl_sec), FCRDNS_MAX_SEC);
        return v;
    }
    if (!all_answered(f) || f->status == ANSWER_FAILED)
        return v;
    for (size_t i = 0; i < f->n; i++) {
        if (f->names[i].status == ANSWER_FAILED)
            return v;
        ttl_sec = least(ttl_sec, f->names[i].ttl_sec);
    }
    v.named = NAMED_NONE;
    v.ttl_sec = clamp(ttl_sec, FCRDNS_NEGATIVE_SEC);
    return v;
}
