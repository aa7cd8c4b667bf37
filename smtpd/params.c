/*
 * Tables of the parameters that MAIL and RCPT know: SIZE (RFC 1870), BODY
 * (RFC 6152), SMTPUTF8 (RFC 6531), and RET, ENVID, NOTIFY, ORCPT (RFC 3461).
 * BODY=BINARYMIME is refused: lines are what Maildirs hold.
 *
 * A parameter that was not offered is as unknown as one that does not exist.
 */
#include "smtpd/params.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct word {
    const char *key, *value; /* value NULL: no "=" */
    size_t key_len, value_len;
    unsigned known; /* enum params_known */
};

static bool set_size(void *out, const struct word *w)
{
    struct mail_params *p = out;

    if (p->size_given || w->value_len > 20)
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

static bool set_body(void *out, const struct word *w)
{
    struct mail_params *p = out;

    if (p->body_given)
        return false;
    p->body_given = true;
    p->eight_bit =
        w->value_len == 8 && strncasecmp(w->value, "8BITMIME", 8) == 0;
    return p->eight_bit ||
           (w->value_len == 4 && strncasecmp(w->value, "7BIT", 4) == 0);
}

static bool set_utf8(void *out, const struct word *w)
{
    struct mail_params *p = out;

    if (p->utf8 || w->value != NULL)
        return false;
    p->utf8 = true;
    return true;
}

static bool set_ret(void *out, const struct word *w)
{
    struct mail_params *p = out;
    bool full;

    if (p->ret != RET_NONE || !dsn_read_ret(w->value, w->value_len, &full))
        return false;
    p->ret = full ? RET_FULL : RET_HDRS;
    return true;
}

static bool set_envid(void *out, const struct word *w)
{
    struct mail_params *p = out;

    if (p->envid[0] != '\0' || !dsn_is_envid(w->value, w->value_len))
        return false;
    memcpy(p->envid, w->value, w->value_len); /* it was all zero */
    return true;
}

static bool set_notify(void *out, const struct word *w)
{
    struct rcpt_params *p = out;

    return p->notify == 0 &&
           dsn_read_notify(w->value, w->value_len, &p->notify);
}

static bool set_orcpt(void *out, const struct word *w)
{
    struct rcpt_params *p = out;

    if (p->orcpt[0] != '\0' ||
        !dsn_is_orcpt(w->value, w->value_len, w->known & PARAMS_UTF8))
        return false;
    memcpy(p->orcpt, w->value, w->value_len); /* it was all zero */
    return true;
}

/* set() may count on a value where one is needed. */
struct parameter {
    const char *key;
    bool needs_value;
    unsigned known; /* only where these are; enum params_known */
    bool (*set)(void *out, const struct word *);
};

static const struct parameter of_mail[] = {
    {"SIZE", true, 0, set_size},
    {"BODY", true, 0, set_body},
    {"SMTPUTF8", false, 0, set_utf8},
    {"RET", true, PARAMS_DSN, set_ret},
    {"ENVID", true, PARAMS_DSN, set_envid},
    {NULL, false, 0, NULL},
};
static const struct parameter of_rcpt[] = {
    {"NOTIFY", true, PARAMS_DSN, set_notify},
    {"ORCPT", true, PARAMS_DSN, set_orcpt},
    {NULL, false, 0, NULL},
};

/* A visible octet, or one of UTF-8 (RFC 5321 §4.1.2, RFC 6531 §3.3). */
static bool is_value(unsigned char c)
{
    return c > ' ' && c != 0x7f && c != '=';
}

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
    w->value = NULL;
    w->value_len = 0;
    w->key = start;
    while (start < end && (isalnum((unsigned char)*start) || *start == '-'))
        start++;
    w->key_len = (size_t)(start - w->key);
    if (start < end && *start == '=') {
        w->value = ++start;
        while (start < end && is_value((unsigned char)*start))
            start++;
        w->value_len = (size_t)(start - w->value);
        if (w->value_len == 0)
            return -1;
    }
    *p = start;
    return w->key_len > 0 && (start == end || *start == ' ') ? 1 : -1;
}

/* NULL when it is unknown, or was not offered. */
static const struct parameter *find(const struct parameter *table,
                                    const struct word *w)
{
    for (const struct parameter *p = table; p->key != NULL; p++)
        if (strlen(p->key) == w->key_len &&
            strncasecmp(p->key, w->key, w->key_len) == 0)
            return (p->known & ~w->known) == 0 ? p : NULL;
    return NULL;
}

static enum params_result read_all(const char *text, size_t len, unsigned known,
                                   const struct parameter *table, void *out)
{
    const char *end = text + len;
    struct word w = {.known = known};
    int got;

    while ((got = next_word(&text, end, &w)) > 0) {
        const struct parameter *p = find(table, &w);

        if (p == NULL)
            return PARAMS_UNKNOWN;
        if ((p->needs_value && w.value == NULL) || !p->set(out, &w))
            return PARAMS_MALFORMED;
    }
    return got < 0 ? PARAMS_MALFORMED : PARAMS_OK;
}

enum params_result params_mail(const char *text, size_t len, unsigned known,
                               struct mail_params *out)
{
    memset(out, 0, sizeof(*out));
    return read_all(text, len, known, of_mail, out);
}

enum params_result params_rcpt(const char *text, size_t len, unsigned known,
                               struct rcpt_params *out)
{
    memset(out, 0, sizeof(*out));
    return read_all(text, len, known, of_rcpt, out);
}
