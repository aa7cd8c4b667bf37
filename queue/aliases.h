/*
 * The aliases file.
 *
 *   joe@example.org: ann@example.org, ben@example.net
 *   root: joe                 # in every one of our domains
 *   @example.net: joe@example.org
 *
 * '#' at the start of a line or behind white space begins a comment; a line
 * that begins with white space continues the list above it.  Names on the
 * left are compared without regard to case.  A name on the right without a
 * domain is in the domain of the address that is being expanded.
 */
#ifndef TARRY_ALIASES_H
#define TARRY_ALIASES_H

#include "lib/address.h"
#include "lib/conf.h"

#define ALIASES_TARGETS 1000 /* of one alias, and of one expansion */
#define ALIASES_DEPTH   50   /* aliases of aliases */

struct alias_target {
    char *local;
    char *domain; /* "" for the domain of the address expanded */
};

struct alias {
    char *local;  /* "" for a catch-all */
    char *domain; /* "" for every domain of ours */
    unsigned line;
    struct alias_target *targets;
    size_t ntargets;
};

struct aliases {
    struct alias *v; /* in order of local part (any case), domain */
    size_t n;
    const struct strings *domains; /* ours, lower case; must outlive this */
    char separator;                /* of user+detail, or NUL */
};

/*
 * Reads text, which came from the file called name. NULL with every mistake
 * found, "file:line: what is wrong", one a line, in err (cut at size).  Loops
 * are mistakes, told with their chain.  An alias among whose targets is its
 * own address keeps a copy: that target is the mailbox of that name.
 */
struct aliases *aliases_parse(const char *name, const char *text, size_t len,
                              const struct strings *domains,
                              const char *separator, char *err, size_t size);
/* The same, from all that is behind a descriptor (at most 16 MiB). */
struct aliases *aliases_read_fd(const char *name, int fd,
                                const struct strings *domains,
                                const char *separator, char *err, size_t size);
void aliases_free(struct aliases *a); /* NULL is fine */

/*
 * The alias that answers for an address in a domain of ours: of that name in
 * that domain, or in every domain, or the same without "+detail". NULL: none.
 * NULL for a is fine in both.
 */
const struct alias *aliases_find(const struct aliases *a, const char *local,
                                 const char *domain);
const struct alias *aliases_catch_all(const struct aliases *a,
                                      const char *domain);

/*
 * For the files that aliases_parse() is made of.  Sorts by name, then line;
 * compares names as the table does; appends a mistake to err for each loop,
 * and returns how many there are.
 */
void aliases_sort(struct aliases *a);
bool aliases_same_name(const struct alias *a, const struct alias *b);
size_t aliases_loops(const struct aliases *a, const char *name, char *err,
                     size_t size);

#endif
