/*
 * Lists of who is not greylisted, or of whom alone is: clients, senders or
 * recipients, one kind a list.  Pure: made of text, asked with values.
 *
 * An entry is one line; blank lines, and lines that begin with '#', are
 * skipped.  Case never matters.
 *
 *   clients     192.0.2.1  192.0.2.0/24  2001:db8::/32    by address
 *               mx.example.com      by verified host name, just that
 *               .example.com        example.com and all names below it
 *               /^out[0-9]+\.x\.y$/ POSIX extended regex on that name
 *   senders     joe@example.com     with any +detail too
 *               example.com, @example.com    of that domain
 *               .example.com        and of all below it
 *               <>                  the null sender
 *   recipients  as senders, without <>, and
 *               postmaster, postmaster@      that local part, in each domain
 */
#ifndef TARRY_GREYLIST_EXEMPT_H
#define TARRY_GREYLIST_EXEMPT_H

#include "lib/address.h"
#include "lib/netaddr.h"

/* Regexes are tried one after the other: so few of them in a list. */
#define EXEMPT_REGEXES 64

enum exempt_kind { EXEMPT_CLIENTS, EXEMPT_SENDERS, EXEMPT_RECIPIENTS };

struct exempt;

/* Where an entry stands: for the log. */
struct exempt_entry {
    const char *file;
    unsigned line;
    const char *text; /* as written */
};

struct exempt *exempt_new(enum exempt_kind kind);
void exempt_free(struct exempt *e); /* NULL is fine */

/*
 * Adds the lines of a text that came from the file called name, or one entry
 * that stands on that line of it.  Returns false with mistakes in err, each
 * on a line "name:line: 'entry' what is wrong", 20 at most.
 */
bool exempt_add_text(struct exempt *e, const char *name, const char *text,
                     size_t len, char *err, size_t size);
bool exempt_add(struct exempt *e, const char *name, unsigned line,
                const char *text, char *err, size_t size);

/* All is added: the list can be asked from now on. */
void exempt_seal(struct exempt *e);
size_t exempt_count(const struct exempt *e);

/*
 * The entry that matches, or NULL.  It lives as long as the list.  name is the
 * verified host name or "".  normal is the sender's normal form (normal.h), so
 * that an entry for an address also finds it behind tags, or NULL.
 */
const struct exempt_entry *exempt_client(const struct exempt *e,
                                         const struct netaddr *client,
                                         const char *name);
const struct exempt_entry *exempt_address(const struct exempt *e,
                                          const struct address *a,
                                          const char *normal);

#endif
