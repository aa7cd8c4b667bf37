/*
 * What exempt*.c share.  Only they include this.
 *
 * exempt.c        a list: its entries, who matches
 * exempt_line.c   a line: which kind of entry, and what is wrong with it
 * exempt_names.c  names by hash, and the suffixes of a name
 * exempt_nets.c   networks, sorted
 */
#ifndef TARRY_GREYLIST_EXEMPT_PARTS_H
#define TARRY_GREYLIST_EXEMPT_PARTS_H

#include "greylist/exempt.h"

#include <regex.h>

/*
 * Names: "mx.example.com" or ".example.com" of clients; "joe@example.com",
 * "@example.com", ".example.com", "joe@" of addresses, "@" for <>.
 */
struct names {
    struct name {
        char *text; /* lower case */
        size_t len;
        uint64_t hash;
        const struct exempt_entry *entry;
    } * v;
    size_t n;
    uint32_t *table; /* index + 1 into v; 0: free */
    size_t mask;     /* its size, a power of two, minus 1 */
};

void names_add(struct names *s, const char *text,
               const struct exempt_entry *entry);
void names_seal(struct names *s);
void names_free(struct names *s);
const struct exempt_entry *names_find(const struct names *s, const char *text,
                                      size_t len);
/*
 * The entry for a domain, which is text from its second octet on: key and the
 * domain, or only the domain if key is NUL; or else ".x" for the domain itself
 * or the nearest one above it.  The first octet of text is overwritten.
 */
const struct exempt_entry *names_find_domain(const struct names *s, char *text,
                                             size_t len, char key);

struct nets {
    struct net {
        struct bits {
            uint64_t high, low;
        } start, mask;
        uint8_t family;
        uint8_t prefix;
        size_t parent; /* index + 1 of the smallest net around it; 0: none */
        const struct exempt_entry *entry;
    } * v;
    size_t n;
};

void nets_add(struct nets *s, const struct netaddr *start, unsigned prefix,
              const struct exempt_entry *entry);
void nets_seal(struct nets *s);
/* The entry of the smallest net that has the address, or NULL. */
const struct exempt_entry *nets_find(const struct nets *s,
                                     const struct netaddr *a);

struct exempt {
    enum exempt_kind kind;
    bool sealed;
    struct names names;
    struct nets nets;
    struct {
        regex_t compiled;
        const struct exempt_entry *entry;
    } regexes[EXEMPT_REGEXES];
    size_t nregexes;
    struct exempt_entry **entries;
    size_t n;
    char **files;
    size_t nfiles;
};

/*
 * Puts what entry->text means into the list. False with what is wrong in err.
 */
bool exempt_line(struct exempt *e, const struct exempt_entry *entry, char *err,
                 size_t size);

#endif
