/*
 * Names of dial-up lines, see dialup.h.
 *
 * Large senders number their servers too, and often by the last or the last
 * two numbers of the address (a54-240-8-31 is a line, a8-31 a mail server),
 * so less than the whole address proves nothing without a word beside it.
 *
 * A name wrongly taken for a dial-up line costs its client little: it is known
 * by its network instead of its domain.  So doubt goes that way.
 */
#include "greylist/dialup.h"

#include "greylist/suffix.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_OCTETS 255
/* Digits of an encoding that are too many for a coincidence. */
#define CLEAR_DIGITS 6

/* Sets of the octets of an address, as bits; and sets of such sets. */
#define ALL_OCTETS  15u
#define LAST_OCTETS 12u

/* The octets in decimal, padded with zeros. */
struct decimals {
    char text[4][4];
};

static struct decimals decimals_of(const struct netaddr *a)
{
    struct decimals d = {{{0}}};

    for (unsigned i = 0; i < 4; i++) {
        d.text[i][0] = (char)('0' + a->octets[i] / 100);
        d.text[i][1] = (char)('0' + a->octets[i] / 10 % 10);
        d.text[i][2] = (char)('0' + a->octets[i] % 10);
    }
    return d;
}

/*
 * Adds to *sets what octets are found when the digits from p to end are
 * octets and nothing else, none of them in found yet.
 */
static void explain(const struct decimals *d, const char *p, const char *end,
                    unsigned found, unsigned *sets)
{
    if (p == end)
        *sets |= 1u << found;
    for (unsigned i = 0; i < 4; i++) {
        const char *text = d->text[i];

        for (size_t n = 3; n > 0 && !(found & 1u << i); n--, text++) {
            if (n <= (size_t)(end - p) && memcmp(p, text, n) == 0)
                explain(d, p + n, end, found | 1u << i, sets);
            if (text[0] != '0')
                break;
        }
    }
}

/* The sets of octets that the runs of digits in the name can stand for. */
static unsigned octets_in(const struct netaddr *a, const char *name)
{
    struct decimals d = decimals_of(a);
    unsigned sets = 1; /* only the empty set */

    for (const char *p = name; *p != '\0';) {
        size_t n = strspn(p, "0123456789");
        unsigned before = sets;

        for (unsigned found = 0; n > 0 && n <= 12 && found < ALL_OCTETS;
             found++)
            if (before & 1u << found)
                explain(&d, p, p + n, found, &sets);
        p += n > 0 ? n : 1;
    }
    return sets;
}

/* The name without separators. */
static void squeeze(const char *name, char out[NAME_MAX_OCTETS + 1])
{
    size_t n = 0;

    for (; *name != '\0' && n < NAME_MAX_OCTETS; name++)
        if (isalnum((unsigned char)*name))
            out[n++] = *name;
    out[n] = '\0';
}

/* Appends v in hexadecimal, in so many digits at least. */
static size_t put_hex(char *out, unsigned v, int width)
{
    size_t n = 0;

    for (int i = 3; i >= 0; i--) /* 16 bits at most */
        if (i < width || v >> 4 * i != 0)
            out[n++] = "0123456789abcdef"[v >> 4 * i & 15u];
    return n;
}

/* The numbers one behind the other in hexadecimal, forward or back. */
static bool holds_row(const char *squeezed, const unsigned *v, size_t n,
                      int width)
{
    char forward[33], back[33];
    size_t f = 0, b = 0;

    assert(n <= 8 || (n <= 32 && width == 1));
    for (size_t i = 0; i < n; i++) {
        f += put_hex(forward + f, v[i], width);
        b += put_hex(back + b, v[n - 1 - i], width);
    }
    forward[f] = back[b] = '\0';
    return f >= CLEAR_DIGITS && (strstr(squeezed, forward) != NULL ||
                                 strstr(squeezed, back) != NULL);
}

static bool holds_ipv4(const struct netaddr *a, const char *name)
{
    unsigned v[4];
    char squeezed[NAME_MAX_OCTETS + 1], number[16];

    if (octets_in(a, name) & 1u << ALL_OCTETS)
        return true;
    squeeze(name, squeezed);
    for (size_t i = 0; i < 4; i++)
        v[i] = a->octets[i];
    snprintf(number, sizeof(number), "%u",
             v[0] << 24 | v[1] << 16 | v[2] << 8 | v[3]);
    return holds_row(squeezed, v, 4, 2) || holds_row(squeezed, v, 4, 1) ||
           strstr(squeezed, number) != NULL;
}

/* A half of the address, unless it is so small that it means nothing. */
static bool holds_half(const char *squeezed, const unsigned *nibbles)
{
    size_t zeros = 0;

    while (zeros < 16 && nibbles[zeros] == 0)
        zeros++;
    return zeros <= 8 && holds_row(squeezed, nibbles, 16, 1);
}

static bool holds_ipv6(const struct netaddr *a, const char *name)
{
    unsigned nibbles[32], groups[8], shown[8];
    size_t n = 0;
    char squeezed[NAME_MAX_OCTETS + 1];

    for (size_t i = 0; i < 16; i++) {
        nibbles[2 * i] = a->octets[i] >> 4;
        nibbles[2 * i + 1] = a->octets[i] & 15u;
    }
    for (size_t i = 0; i < 8; i++) {
        groups[i] = (unsigned)a->octets[2 * i] << 8 | a->octets[2 * i + 1];
        if (groups[i] != 0)
            shown[n++] = groups[i];
    }
    squeeze(name, squeezed);
    return holds_half(squeezed, nibbles) ||
           holds_half(squeezed, nibbles + 16) ||
           holds_row(squeezed, groups, 8, 4) ||
           holds_row(squeezed, groups, 8, 1) ||
           holds_row(squeezed, shown, n, 1);
}

bool dialup_holds_address(const struct netaddr *client, const char *name)
{
    if (client->family == 4)
        return holds_ipv4(client, name);
    return client->family == 6 && holds_ipv6(client, name);
}

static const char *const line_words[] = {
    "adsl", "dhcp",  "dial",    "dialin", "dialup", "dip", "dsl",
    "dyn",  "dynip", "dynamic", "ppp",    "pppoe",  "vdsl"};

static const char *const customer_words[] = {
    "broadband", "cable", "catv",   "client",      "clients", "cust",
    "customer",  "fiber", "ftth",   "home",        "mobile",  "pool",
    "res",       "resi",  "static", "residential", "user",    "users"};

static bool in_list(const char *const *list, size_t n, const char *word,
                    size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (list[i][0] == word[0] && strncmp(list[i], word, len) == 0 &&
            list[i][len] == '\0')
            return true;
    return false;
}

/* Whether one of the words is a whole run of letters between p and end. */
static bool has_word(const char *p, const char *end, const char *const *list,
                     size_t n)
{
    while (p < end) {
        size_t len = 0;

        while (p + len < end && isalpha((unsigned char)p[len]))
            len++;
        if (len > 0 && in_list(list, n, p, len))
            return true;
        p += len > 0 ? len : 1;
    }
    return false;
}

#define HAS_WORD(p, end, list) \
    has_word(p, end, list, sizeof(list) / sizeof((list)[0]))

bool dialup_says_so(const struct netaddr *client, const char *name)
{
    const char *end = name + strlen(name), *registered;

    /* Most names have none of the words anywhere: a quick answer. */
    if (!HAS_WORD(name, end, line_words) &&
        !HAS_WORD(name, end, customer_words))
        return false;
    registered = suffix_registered(name);
    if (registered != NULL)
        end = registered;
    if (HAS_WORD(name, end, line_words))
        return true;
    if (client->family != 4 || !HAS_WORD(name, end, customer_words))
        return false;
    for (unsigned set = LAST_OCTETS; set <= ALL_OCTETS; set++)
        if (octets_in(client, name) & 1u << set)
            return true;
    return false;
}
