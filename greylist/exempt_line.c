/*
 * One entry of an exemption list: what it means, see exempt.h.
 *
 * Whatever could be meant in two ways is refused with what to write instead:
 * an entry that silently never matches makes mail wait, and one that matches
 * too much lets spam in.
 *
 * A regex is tried on names that strangers choose.  Back-references, whose
 * cost grows without bound with the name, and counts, whose cost grows with
 * the number, are refused; what is left takes time in proportion to the name.
 * Each '+' doubles what it repeats, and so what "(((a+)+)+)+" or "a++++" needs.
 */
#include "greylist/exempt_parts.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGEX_OCTETS 200
#define REGEX_PLUSES 8

struct line {
    struct exempt *list;
    const struct exempt_entry *entry;
    char *err;
    size_t size;
};

static bool __attribute__((format(printf, 2, 3)))
wrong(const struct line *l, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(l->err, l->size, fmt, ap);
    va_end(ap);
    return false;
}

static bool add_regex(const struct line *l, const char *text)
{
    struct exempt *e = l->list;
    char pattern[REGEX_OCTETS + 1], reason[128];
    regex_t *r;
    size_t len = strlen(text) - 2; /* without the slashes */
    unsigned pluses = 0;
    int code;

    if (e->nregexes == EXEMPT_REGEXES)
        return wrong(l, "is one regex too many; the most is %d",
                     EXEMPT_REGEXES);
    if (len == 0 || len > REGEX_OCTETS)
        return wrong(l, "is a regex of no or more than %d octets",
                     REGEX_OCTETS);
    memcpy(pattern, text + 1, len);
    pattern[len] = '\0';
    for (const char *p = pattern; *p != '\0'; p++) {
        if (p[0] == '{' && (p == pattern || p[-1] != '\\'))
            return wrong(l, "has a count in braces; write it out");
        if (p[0] == '\\' && isdigit((unsigned char)p[1]))
            return wrong(l, "has a back-reference");
        if (p[0] == '+' && ++pluses > REGEX_PLUSES)
            return wrong(l, "has more than %d '+'; write \"xx*\" for \"x+\"",
                         REGEX_PLUSES);
    }
    r = &e->regexes[e->nregexes].compiled;
    code = regcomp(r, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (code != 0) {
        regerror(code, r, reason, sizeof(reason));
        return wrong(l, "is no regex: %s", reason);
    }
    e->regexes[e->nregexes++].entry = l->entry;
    return true;
}

/* "192.0.2.0/24" */
static bool add_network(const struct line *l, const char *text)
{
    const char *slash = strchr(text, '/');
    char start[NETADDR_TEXT];
    struct netaddr a, net;
    unsigned prefix, width;

    if ((size_t)(slash - text) >= sizeof(start))
        return wrong(l, "is no network; write 192.0.2.0/24 or 2001:db8::/32");
    memcpy(start, text, (size_t)(slash - text));
    start[slash - text] = '\0';
    if (!netaddr_parse(start, &a) || strlen(slash + 1) > 3 ||
        slash[1 + strspn(slash + 1, "0123456789")] != '\0' || slash[1] == '\0')
        return wrong(l, "is no network; write 192.0.2.0/24 or 2001:db8::/32");
    prefix = (unsigned)atoi(slash + 1);
    width = a.family == 4 ? 32 : 128;
    if (prefix > width)
        return wrong(l, "has more bits than the %u of an address", width);
    net = netaddr_network(&a, prefix, prefix);
    if (!netaddr_equal(&net, &a))
        return wrong(l, "has bits behind its first %u; the network is %s/%u",
                     prefix, netaddr_text(&net, start, sizeof(start)), prefix);
    nets_add(&l->list->nets, &net, prefix, l->entry);
    return true;
}

static void add_name(const struct line *l, char *text)
{
    for (char *p = text; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    names_add(&l->list->names, text, l->entry);
}

static bool client(const struct line *l, char *text)
{
    size_t len = strlen(text);
    struct netaddr a;

    if (text[0] == '/' && len > 1 && text[len - 1] == '/')
        return add_regex(l, text);
    if (text[0] == '/')
        return wrong(l, "is no /regex/: it has no '/' at its end");
    if (strchr(text, '/') != NULL)
        return add_network(l, text);
    if (netaddr_parse(text, &a)) {
        nets_add(&l->list->nets, &a, a.family == 4 ? 32 : 128, l->entry);
        return true;
    }
    if (text[strspn(text, "0123456789.")] == '\0' || strchr(text, ':') != NULL)
        return wrong(l, "is no address; write 192.0.2.1, 192.0.2.0/24 or "
                        "2001:db8::/32");
    if (!address_is_hostname(text + (text[0] == '.'), len - (text[0] == '.')))
        return wrong(l, "is neither an address nor a network, host name or "
                        "/regex/");
    if (strchr(text, '.') == NULL)
        return wrong(l, "is no full host name; for all names of a domain "
                        "write .example.com");
    add_name(l, text);
    return true;
}

/* "example.com" in front of which key stands: '@' or '.' */
static bool add_domain(const struct line *l, char key, const char *domain)
{
    char text[ADDRESS_TEXT + 2], out[ADDRESS_DOMAIN + 2];
    struct address a;

    if (strlen(domain) > ADDRESS_DOMAIN || strchr(domain, '@') != NULL)
        return wrong(l, "is no domain");
    snprintf(text, sizeof(text), "x@%s", domain);
    if (address_parse(text, ADDRESS_UTF8, &a) != ADDRESS_OK ||
        (key == '.' && a.literal))
        return wrong(l, "is no domain; write example.com or .example.com");
    snprintf(out, sizeof(out), "%c%s", key, a.domain);
    add_name(l, out);
    return true;
}

static bool add_local(const struct line *l, const char *text, size_t len)
{
    char address[ADDRESS_TEXT], out[ADDRESS_LOCAL + 2];
    struct address a;

    if (l->list->kind != EXEMPT_RECIPIENTS)
        return wrong(l, "is no domain and no address; write joe@example.com, "
                        "example.com or .example.com");
    if (len >= ADDRESS_TEXT - ADDRESS_DOMAIN)
        return wrong(l, "is too long");
    snprintf(address, sizeof(address), "%.*s@x", (int)len, text);
    if (address_parse(address, ADDRESS_UTF8, &a) != ADDRESS_OK)
        return wrong(l, "is no local part");
    snprintf(out, sizeof(out), "%s@", a.local);
    add_name(l, out);
    return true;
}

static bool address(const struct line *l, char *text)
{
    char *at = strrchr(text, '@'), out[ADDRESS_LOCAL + ADDRESS_DOMAIN + 2];
    struct address a;
    enum address_error error;

    if (l->list->kind == EXEMPT_SENDERS && strcmp(text, "<>") == 0) {
        names_add(&l->list->names, "@", l->entry);
        return true;
    }
    if (text[0] == '.')
        return add_domain(l, '.', text + 1);
    if (text[0] == '@')
        return add_domain(l, '@', text + 1);
    if (at == NULL && strchr(text, '.') != NULL)
        return add_domain(l, '@', text);
    if (at == NULL || at[1] == '\0')
        return add_local(l, text,
                         at != NULL ? (size_t)(at - text) : strlen(text));
    error = address_parse(text, ADDRESS_UTF8, &a);
    if (error != ADDRESS_OK)
        return wrong(l, "is no address: %s", address_error_text(error));
    snprintf(out, sizeof(out), "%s@%s", a.local, a.domain);
    add_name(l, out);
    return true;
}

bool exempt_line(struct exempt *e, const struct exempt_entry *entry, char *err,
                 size_t size)
{
    struct line l = {e, entry, err, size};
    char text[512];

    if (strlen(entry->text) >= sizeof(text))
        return wrong(&l, "is too long");
    strcpy(text, entry->text);
    if (e->kind == EXEMPT_CLIENTS && text[0] == '/')
        return client(&l, text);
    if (strpbrk(text, " \t") != NULL && strchr(text, '"') == NULL)
        return wrong(&l, "is more than one word; comments have lines of their "
                         "own");
    return e->kind == EXEMPT_CLIENTS ? client(&l, text) : address(&l, text);
}
