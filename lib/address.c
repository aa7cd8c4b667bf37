/*
 * Mail addresses: RFC 5321 §4.1.2 (Path, Mailbox), §4.1.3 (address
 * literals), RFC 6531 §3.3 (UTF-8 in local parts and domains).
 *
 * Strict where laxity could let an address mean two things: no white space,
 * no control octets, no unbalanced quotes.  Lax where the world is: domain
 * labels may hold underscores, and a final dot is dropped.
 */
#include "lib/address_parts.h"

#include "lib/utf8.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

struct cursor {
    const unsigned char *p, *end;
    unsigned flags;
};

static bool at(const struct cursor *c, char ch)
{
    return c->p < c->end && *c->p == (unsigned char)ch;
}

bool address_is_atext(unsigned char c)
{
    return isalnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/*
 * Moves one octet, or one UTF-8 sequence, from the cursor to dst.  False when
 * it does not fit; then *len is size, which no caller can mistake.
 */
static enum address_error take(struct cursor *c, char *dst, size_t *len,
                               size_t size, enum address_error too_long,
                               bool *utf8)
{
    size_t n = 1;

    if (*c->p >= 0x80) {
        if (!(c->flags & ADDRESS_UTF8))
            return ADDRESS_NOT_ASCII;
        n = utf8_length(c->p, c->end);
        if (n == 0)
            return ADDRESS_SYNTAX;
        *utf8 = true;
    }
    if (*len + n > size)
        return too_long;
    memcpy(dst + *len, c->p, n);
    *len += n;
    c->p += n;
    return ADDRESS_OK;
}

/* Quoted-string; what stands between the quotes, unescaped. */
static enum address_error quoted(struct cursor *c, struct address *a,
                                 size_t *len)
{
    enum address_error e;

    c->p++;
    while (c->p < c->end && *c->p != '"') {
        if (*c->p == '\\' && ++c->p == c->end)
            return ADDRESS_SYNTAX;
        if (*c->p < 0x20 || *c->p == 0x7f)
            return ADDRESS_SYNTAX;
        e = take(c, a->local, len, ADDRESS_LOCAL, ADDRESS_LONG_LOCAL, &a->utf8);
        if (e != ADDRESS_OK)
            return e;
    }
    if (!at(c, '"') || *len == 0)
        return ADDRESS_SYNTAX;
    c->p++;
    return ADDRESS_OK;
}

static enum address_error dot_string(struct cursor *c, struct address *a,
                                     size_t *len)
{
    enum address_error e;
    bool dot = true; /* no dot at the start, nor two in a row */

    while (c->p < c->end && (address_is_atext(*c->p) || *c->p >= 0x80 ||
                             (*c->p == '.' && !dot))) {
        dot = *c->p == '.';
        e = take(c, a->local, len, ADDRESS_LOCAL, ADDRESS_LONG_LOCAL, &a->utf8);
        if (e != ADDRESS_OK)
            return e;
    }
    return dot ? ADDRESS_SYNTAX : ADDRESS_OK;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]"; kept with its brackets. */
static enum address_error literal(struct cursor *c, struct address *a)
{
    const unsigned char *close = memchr(c->p, ']', (size_t)(c->end - c->p));
    unsigned char bin[16];
    char text[64];
    size_t len;

    if (close == NULL)
        return ADDRESS_SYNTAX;
    len = (size_t)(close - c->p) - 1;
    if (len >= sizeof(text))
        return ADDRESS_SYNTAX;
    memcpy(text, c->p + 1, len);
    text[len] = '\0';
    if (strncasecmp(text, "IPv6:", 5) == 0
            ? inet_pton(AF_INET6, text + 5, bin) != 1
            : inet_pton(AF_INET, text, bin) != 1)
        return ADDRESS_SYNTAX;
    for (size_t i = 0; i < len + 2; i++)
        a->domain[i] = (char)tolower(c->p[i]);
    a->domain[len + 2] = '\0';
    a->literal = true;
    c->p = close + 1;
    return ADDRESS_OK;
}

static bool is_label_octet(unsigned char c)
{
    return isalnum(c) || c == '-' || c == '_';
}

/* Labels of 1 to 63 octets, no hyphen at their ends. */
static bool labels_fine(const char *s, size_t len)
{
    size_t start = 0;

    for (size_t i = 0; i <= len; i++) {
        if (i < len && s[i] != '.')
            continue;
        if (i == start || i - start > 63 || s[start] == '-' || s[i - 1] == '-')
            return false;
        start = i + 1;
    }
    return true;
}

static enum address_error domain(struct cursor *c, struct address *a)
{
    size_t len = 0;
    enum address_error e;

    if (at(c, '['))
        return literal(c, a);
    while (c->p < c->end &&
           (is_label_octet(*c->p) || *c->p == '.' || *c->p >= 0x80)) {
        e = take(c, a->domain, &len, ADDRESS_DOMAIN, ADDRESS_LONG_DOMAIN,
                 &a->utf8);
        if (e != ADDRESS_OK)
            return e;
    }
    if (len > 0 && a->domain[len - 1] == '.')
        len--;
    a->domain[len] = '\0';
    if (!labels_fine(a->domain, len))
        return ADDRESS_SYNTAX;
    for (size_t i = 0; i < len; i++)
        a->domain[i] = (char)tolower((unsigned char)a->domain[i]);
    return ADDRESS_OK;
}

/* "@one,@two:" in front of a mailbox: obsolete; read, and not used. */
static enum address_error source_route(struct cursor *c)
{
    struct address ignored;
    enum address_error e;

    while (at(c, '@')) {
        c->p++;
        memset(&ignored, 0, sizeof(ignored));
        e = domain(c, &ignored);
        if (e != ADDRESS_OK)
            return e;
        if (at(c, ':')) {
            c->p++;
            return ADDRESS_OK;
        }
        if (!at(c, ','))
            return ADDRESS_SYNTAX;
        c->p++;
    }
    return ADDRESS_SYNTAX;
}

static enum address_error mailbox(struct cursor *c, struct address *a)
{
    size_t len = 0;
    enum address_error e;

    e = at(c, '"') ? quoted(c, a, &len) : dot_string(c, a, &len);
    if (e != ADDRESS_OK)
        return e;
    a->local[len] = '\0';
    if (at(c, '@')) {
        c->p++;
        return domain(c, a);
    }
    if ((c->flags & ADDRESS_POSTMASTER) &&
        strcasecmp(a->local, "postmaster") == 0)
        return ADDRESS_OK;
    return ADDRESS_NO_DOMAIN;
}

enum address_error address_path(const char *text, size_t len, unsigned flags,
                                struct address *out, size_t *used)
{
    struct cursor c = {(const unsigned char *)text,
                       (const unsigned char *)text + len, flags};
    enum address_error e = ADDRESS_OK;

    memset(out, 0, sizeof(*out));
    if (!at(&c, '<'))
        return ADDRESS_SYNTAX;
    c.p++;
    if (at(&c, '@'))
        e = source_route(&c);
    else if (at(&c, '>') && (flags & ADDRESS_NULL))
        goto end;
    if (e == ADDRESS_OK)
        e = mailbox(&c, out);
    if (e != ADDRESS_OK)
        return e;
    if (!at(&c, '>'))
        return out->domain[0] == '\0' ? ADDRESS_NO_DOMAIN : ADDRESS_SYNTAX;
end:
    *used = (size_t)(c.p + 1 - (const unsigned char *)text);
    return ADDRESS_OK;
}

enum address_error address_parse(const char *text, unsigned flags,
                                 struct address *out)
{
    size_t len = strlen(text);
    struct cursor c = {(const unsigned char *)text,
                       (const unsigned char *)text + len, flags};
    enum address_error e;

    memset(out, 0, sizeof(*out));
    if (len == 0)
        return flags & ADDRESS_NULL ? ADDRESS_OK : ADDRESS_SYNTAX;
    e = mailbox(&c, out);
    if (e == ADDRESS_OK && c.p != c.end)
        e = ADDRESS_SYNTAX;
    return e;
}

bool address_is_hostname(const char *s, size_t len)
{
    if (len == 0 || len > ADDRESS_DOMAIN)
        return false;
    for (size_t i = 0; i < len; i++)
        if (s[i] != '.' && !is_label_octet((unsigned char)s[i]))
            return false;
    return labels_fine(s, len);
}
