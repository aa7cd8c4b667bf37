/*
 * The orders of recipients, see orders.h.
 *
 * A local part is read from its end: the tag, then how long it stands, then
 * what is ordered.  One that cannot be read orders nothing: it is somebody's
 * address, and mail to it (a sender's reports, say) is taken.
 */
#include "lab/orders.h"

#include "lib/conf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 64

static const struct {
    const char *word;
    enum order_kind kind;
    unsigned code;
} words[] = {
    {"accept", ORDER_ACCEPT, 0},
    {"defer", ORDER_RCPT, 450},
    {"4xx-after-dot", ORDER_AFTER_DOT, 451},
    {"451-after-dot", ORDER_AFTER_DOT, 451},
    {"452-after-dot", ORDER_AFTER_DOT, 452},
    {"drop-at-rcpt", ORDER_DROP_RCPT, 0},
    {"drop-at-data", ORDER_DROP_DATA, 0},
    {"drop-after-dot", ORDER_DROP_DOT, 0},
    {"tls-fail", ORDER_TLS_FAIL, 450},
    {"mixed", ORDER_MIXED, 450},
    {"slow", ORDER_SLOW, 0},
    {"tarpit", ORDER_TARPIT, 0},
};

static bool find_word(const char *word, struct order *out)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i].word) == 0) {
            out->kind = words[i].kind;
            out->code = words[i].code;
            return true;
        }
    return false;
}

/* "450", "450-at-data" */
static bool find_code(const char *word, struct order *out)
{
    if ((word[0] != '4' && word[0] != '5') ||
        !isdigit((unsigned char)word[1]) || !isdigit((unsigned char)word[2]))
        return false;
    if (word[3] == '\0')
        out->kind = ORDER_RCPT;
    else if (strcmp(word + 3, "-at-data") == 0)
        out->kind = ORDER_AT_DATA;
    else
        return false;
    out->code = (unsigned)strtoul(word, NULL, 10);
    return true;
}

static bool find(const char *word, struct order *out)
{
    return find_word(word, out) || find_code(word, out);
}

static bool has_limit(enum order_kind kind)
{
    return kind >= ORDER_RCPT && kind <= ORDER_DROP_DOT;
}

/* "-3", "-for-10m", or the wait of slow; word ends before it then. */
static bool read_limit(char *word, struct order *out)
{
    char *dash = strrchr(word, '-'), *end;
    unsigned sec;

    if (dash == NULL)
        return false;
    *dash = '\0';
    if (strcmp(word, "slow") == 0)
        return conf_duration(dash + 1, &out->wait_sec) == 0 && find(word, out);
    end = strrchr(word, '-');
    if (end != NULL && strcmp(end, "-for") == 0) {
        *end = '\0';
        if (conf_duration(dash + 1, &sec) != 0 || sec == 0)
            return false;
        out->for_sec = sec;
    } else {
        if (!isdigit((unsigned char)dash[1]) || strlen(dash + 1) > 6)
            return false;
        out->times = (unsigned)strtoul(dash + 1, &end, 10);
        if (*end != '\0' || out->times == 0)
            return false;
    }
    return find(word, out) && has_limit(out->kind);
}

void order_parse(const char *local, struct order *out)
{
    static const struct order none = {.kind = ORDER_ACCEPT, .wait_sec = 30};
    char word[LONGEST + 1];
    size_t len = strcspn(local, "+");

    *out = none;
    if (len > LONGEST)
        return;
    for (size_t i = 0; i < len; i++)
        word[i] = (char)tolower((unsigned char)local[i]);
    word[len] = '\0';
    if (!find(word, out) && !read_limit(word, out))
        *out = none;
}

bool order_stands(const struct order *o, unsigned before, double since_sec,
                  unsigned same)
{
    switch (o->kind) {
    case ORDER_ACCEPT:
        return false;
    case ORDER_TLS_FAIL:
        return before == 0;
    case ORDER_MIXED:
        return before == 0 && same % 2 == 1;
    case ORDER_SLOW:
    case ORDER_TARPIT:
        return true;
    default:
        if (o->times > 0)
            return before < o->times;
        return o->for_sec == 0 || before == 0 || since_sec < o->for_sec;
    }
}
