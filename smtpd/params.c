/*
 * A table of the parameters that MAIL knows: SIZE (RFC 1870), BODY
 * (RFC 6152), SMTPUTF8 (RFC 6531).  BODY=BINARYMIME is refused: lines are
 * what Maildirs hold.
 */
#include "smtpd/params.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct word {
    const char *key, *value; /* value NULL: no "=" */
    size_t key_len, value_len;
};

static bool set_size(struct mail_params *p, const struct word *w)
{
    if (p->size_given || w->value == NULL || w->value_len == 0 ||
        w->value_len > 20)
        return false;
    for (size_t i = 0; i < w->value_len; i++) {
        unsigned digit = (unsigned)(w->value[i] - '0');

        if (!isdigit((unsigned char)w->value[i]))
            return false;
        if (p->size > (UINT64_MAX - digit) / 10)
            p->size = UINT64_MAX;
        else
            p->size = p->size * 10 + digit;
    }
    p->size_given = true;
    return true;
}

static bool set_body(struct mail_params *p, const struct word *w)
{
    if (p->body_given || w->value == NULL)
        return false;
    p->body_given = true;
    p->eight_bit =
        w->value_len == 8 && strncasecmp(w->value, "8BITMIME", 8) == 0;
    return p->eight_bit ||
           (w->value_len == 4 && strncasecmp(w->value, "7BIT", 4) == 0);
}

static bool set_utf8(struct mail_params *p, const struct word *w)
{
    if (p->utf8 || w->value != NULL)
        return false;
    p->utf8 = true;
    return true;
}

static const struct {
    const char *key;
    bool (*set)(struct mail_params *, const struct word *);
} known[] = {{"SIZE", set_size}, {"BODY", set_body}, {"SMTPUTF8", set_utf8}};

/* " KEY[=VALUE]": 1 read, 0 nothing left, -1 malformed. */
static int next_word(const char **p, const char *end, struct word *w)
{
    const char *start = *p;

    while (start < end && *start == ' ')
        start++;
    if (start == end)
        return 0;
    if (start == *p)
        return -1; /* no space before it */
    memset(w, 0, sizeof(*w));
    w->key = start;
    while (start < end && (isalnum((unsigned char)*start) || *start == '-'))
        start++;
    w->key_len = (size_t)(start - w->key);
    if (start < end && *start == '=') {
        w->value = ++start;
        while (start<end && * start> ' ' && *start < 0x7f && *start != '=')
            start++;
        w->value_len = (size_t)(start - w->value);
        if (w->value_len == 0)
            return -1;
    }
    *p = start;
    return w->key_len > 0 && (start == end || *start == ' ') ? 1 : -1;
}

enum params_result params_mail(const char *text, size_t len,
                               struct mail_params *out)
{
    const char *end = text + len;
    struct word w;
    int got;

    memset(out, 0, sizeof(*out));
    while ((got = next_word(&text, end, &w)) > 0) {
        size_t i = 0, n = sizeof(known) / sizeof(known[0]);

        while (i < n && (strlen(known[i].key) != w.key_len ||
                         strncasecmp(known[i].key, w.key, w.key_len) != 0))
            i++;
        if (i == n)
            return PARAMS_UNKNOWN;
        if (!known[i].set(out, &w))
            return PARAMS_MALFORMED;
    }
    return got < 0 ? PARAMS_MALFORMED : PARAMS_OK;
}

enum params_result params_rcpt(const char *text, size_t len)
{
    struct word w;
    int got = next_word(&text, text + len, &w);

    if (got == 0)
        return PARAMS_OK;
    return got < 0 ? PARAMS_MALFORMED : PARAMS_UNKNOWN;
}
