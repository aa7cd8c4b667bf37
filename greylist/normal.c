/*
 * Normal forms of senders, see normal.h.
 *
 * Many senders put something new into each message's reverse-path: a number of
 * the message, the recipient, a signature with a date.  As keys they would be
 * strangers for ever.  normal_parts.c takes what is packed around the user's
 * name away; here numbers, and tokens that no person chose, become '#'.
 *
 * Names that persons have stay apart: a few digits at the end of a word
 * (john2) and a telephone number as a whole local part are kept.  Where two
 * senders do meet in one form, one of them is spared a wait, and that only
 * with the same client and recipient, which are parts of the key as well.
 */
#include "greylist/normal.h"

#include "greylist/normal_parts.h"
#include "greylist/suffix.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define PHONE_DIGITS 12 /* a longer number is no person's */
#define NAME_DIGITS  4  /* more of them in a word are no part of a name */
#define LONG_LOCAL   32 /* nor is as long a local part with odd tokens */

struct text {
    char *p; /* NORMAL_TEXT octets */
    size_t len;
};

static void put_char(struct text *out, char c)
{
    if (out->len < NORMAL_TEXT - 1)
        out->p[out->len++] = (char)tolower((unsigned char)c);
}

static void put(struct text *out, const char *s)
{
    while (*s != '\0')
        put_char(out, *s++);
}

/* A '#', but one for several in a row, whatever stands between them. */
static void put_mark(struct text *out)
{
    const char *p = out->p;

    if (out->len > 0 && p[out->len - 1] == '#')
        return;
    if (out->len > 1 && p[out->len - 2] == '#' && p[out->len - 1] != '@' &&
        ispunct((unsigned char)p[out->len - 1]))
        out->len--;
    else
        put_char(out, '#');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Letters beyond ASCII are letters too. */
static bool in_token(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Octets of a UUID at s, or 0. */
static size_t uuid(const char *s)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};
    size_t len = 0;

    for (size_t i = 0; i < 5; i++) {
        for (size_t n = 0; n < groups[i]; n++)
            if (!isxdigit((unsigned char)s[len++]))
                return 0;
        if (i < 4 && s[len++] != '-')
            return 0;
    }
    return in_token(s[len]) ? 0 : len;
}

struct shape {
    size_t len, digits, hex;
    size_t turns; /* letter to digit, digit to letter, lower to upper case */
};

static struct shape shape_of(const char *s)
{
    struct shape t = {0};

    for (; in_token(s[t.len]); t.len++) {
        char c = s[t.len], before = t.len > 0 ? s[t.len - 1] : c;

        t.digits += is_digit(c);
        t.hex += isxdigit((unsigned char)c) != 0;
        t.turns +=
            is_digit(c) != is_digit(before) ||
            (isupper((unsigned char)c) && islower((unsigned char)before));
    }
    return t;
}

/* Whether a machine made the token; whole: it is all there is. */
static bool is_odd(const struct shape *t, bool whole)
{
    bool hex = t->hex == t->len;

    if (t->digits == 0)
        return t->len >= 10 && t->turns >= 4;
    return (hex && t->len >= 8) || (hex && !whole && t->turns >= 2) ||
           (t->len >= 6 && t->turns >= 3);
}

/* A word, with '#' for its long runs of digits. */
static void put_word(struct text *out, const char *s, size_t len)
{
    size_t i = 0, run;

    while (i < len) {
        for (run = 0; i + run < len && is_digit(s[i + run]); run++)
            ;
        if (run > NAME_DIGITS) {
            put_mark(out);
            i += run;
        } else {
            put_char(out, s[i++]);
            for (; run > 1; run--)
                put_char(out, s[i++]);
        }
    }
}

static void put_user(struct text *out, const char *s, bool whole)
{
    size_t total = strlen(s), n;
    struct shape t;

    whole = whole && shape_of(s).len == total;
    if (whole && total <= PHONE_DIGITS && shape_of(s).digits == total) {
        put(out, s);
        return;
    }
    for (; *s != '\0'; s += n) {
        n = uuid(s);
        t = shape_of(s);
        if (n == 0)
            n = t.len > 0 ? t.len : 1;
        if (t.len == 0) {
            put_char(out, *s);
        } else if (t.digits == t.len) {
            put_mark(out);
        } else if (n == t.len && !is_odd(&t, whole)) {
            put_word(out, s, n);
        } else {
            put_mark(out);
            if (total >= LONG_LOCAL)
                return;
        }
    }
}

/* The numbers of single machines left out, the registered domain as it is. */
static void put_domain(struct text *out, const struct address *a)
{
    const char *s = a->domain, *registered = NULL;

    /* Without a digit there is nothing to leave out. */
    if (!a->literal && strpbrk(s, "0123456789") != NULL)
        registered = suffix_registered(s);
    while (registered != NULL && s < registered) {
        size_t n = strspn(s, "0123456789");

        if (n > 0)
            put_mark(out);
        else
            put_char(out, *s);
        s += n > 0 ? n : 1;
    }
    put(out, s);
}

char *normal_sender(const struct address *sender, char out[NORMAL_TEXT])
{
    struct text text = {out, 0};
    struct sender_parts parts;
    char local[ADDRESS_LOCAL + 1];

    if (sender->local[0] == '\0' && sender->domain[0] == '\0')
        return strcpy(out, "<>");
    strcpy(local, sender->local);
    normal_parts(local, &parts);
    if (parts.origin != NULL) {
        put_user(&text, parts.base, true);
        put(&text, "+srs=");
        put(&text, parts.origin);
        put_char(&text, '=');
    }
    put_user(&text, parts.user, parts.origin == NULL);
    put_char(&text, '@');
    put_domain(&text, sender);
    out[text.len] = '\0';
    return out;
}

char *normal_recipient(const struct address *recipient, char out[NORMAL_TEXT])
{
    struct text text = {out, 0};

    put(&text, recipient->local);
    put_char(&text, '@');
    put(&text, recipient->domain);
    out[text.len] = '\0';
    return out;
}
