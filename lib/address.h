/*
 * Mail addresses as SMTP carries them (RFC 5321 §4.1.2, RFC 6531 §3.3).
 *
 * Pure: text in, structure out.  The local part is kept without quotes and
 * backslashes (its meaning, not its spelling) and in its case; the domain is
 * lower case, without a final dot.
 */
#ifndef TARRY_ADDRESS_H
#define TARRY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_LOCAL  64  /* octets, RFC 5321 §4.5.3.1.1 */
#define ADDRESS_DOMAIN 255 /* octets, §4.5.3.1.2 */
/* Written out: every octet of the local part escaped, quotes, @, NUL. */
#define ADDRESS_TEXT (2 * ADDRESS_LOCAL + 2 + 1 + ADDRESS_DOMAIN + 1)

struct address {
    char local[ADDRESS_LOCAL + 1];   /* "" with domain "": the null sender */
    char domain[ADDRESS_DOMAIN + 1]; /* "" for a bare "postmaster" */
    bool literal;                    /* domain is an address literal */
    bool utf8;                       /* needs SMTPUTF8 */
};

enum address_flags {
    ADDRESS_NULL = 1,       /* <> is fine (reverse-path) */
    ADDRESS_POSTMASTER = 2, /* <postmaster> without a domain is fine */
    ADDRESS_UTF8 = 4        /* SMTPUTF8 was given with MAIL */
};

enum address_error {
    ADDRESS_OK,
    ADDRESS_SYNTAX,
    ADDRESS_LONG_LOCAL,
    ADDRESS_LONG_DOMAIN,
    ADDRESS_NO_DOMAIN, /* a bare local part */
    ADDRESS_NOT_ASCII  /* needs SMTPUTF8, which was not asked for */
};

/*
 * Reads a path in angle brackets from the start of text ("<@a,@b:u@d>"; the
 * source route is read and ignored).  *used is how much of text it took.
 */
enum address_error address_path(const char *text, size_t len, unsigned flags,
                                struct address *out, size_t *used);

/* Reads a whole string as one address without brackets (configuration). */
enum address_error address_parse(const char *text, unsigned flags,
                                 struct address *out);

/*
 * Writes it back, quoting the local part where it must be, without brackets.
 * size must be at least ADDRESS_TEXT. Returns out.
 */
char *address_text(const struct address *a, char *out, size_t size);

/* A constant text for a reply: what is wrong with it. */
const char *address_error_text(enum address_error e);

/*
 * True for a name that may stand in EHLO, in a header or in the log: letters,
 * digits, hyphens and dots (and underscores, which exist), labels of 1 to 63
 * octets, at most 255 in all.
 */
bool address_is_hostname(const char *s, size_t len);

#endif
