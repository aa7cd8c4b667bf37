/*
 * Forward-confirmed reverse DNS: the verified name of a client (what
 * RFC 8601 §2.7.3 calls iprev).
 *
 * Pure: it says which question to ask next, is told the answers, and says
 * what follows from them.  The names of the address (PTR) are taken in the
 * order of the answer, those that can be host names, FCRDNS_NAMES at most;
 * the first of them that has the address among its own addresses is the
 * verified name.  A name whose addresses cannot be had does not stand in the
 * way of a later one, but while it may still come, it is waited for: so the
 * outcome does not depend on which answer was faster.
 */
#ifndef TARRY_RESOLVER_FCRDNS_H
#define TARRY_RESOLVER_FCRDNS_H

#include "lib/address.h"
#include "lib/msg.h"
#include "lib/netaddr.h"
#include "resolver/answer.h"

#define FCRDNS_NAMES    8
#define FCRDNS_QUESTION 80 /* octets of a name in ip6.arpa, with its NUL */

/* How long what was found may be kept. */
#define FCRDNS_MIN_SEC      60
#define FCRDNS_MAX_SEC      3600
#define FCRDNS_NEGATIVE_SEC 300
#define FCRDNS_UNKNOWN_SEC  30

enum fcrdns_next {
    FCRDNS_ASK_PTR,     /* for the names of the address: name */
    FCRDNS_ASK_ADDRESS, /* for the addresses of name, which is number index */
    FCRDNS_WAIT,        /* all asked; answers are missing */
    FCRDNS_DONE         /* fcrdns_verdict() will not change any more */
};

struct fcrdns {
    struct netaddr client;
    bool asked, answered; /* PTR */
    enum answer_status status;
    unsigned ttl_sec;
    unsigned odd; /* names that cannot be host names */
    size_t n, next;
    struct fcrdns_name {
        char text[ADDRESS_DOMAIN + 1]; /* lower case, no final dot */
        bool answered, matches;
        enum answer_status status;
        unsigned ttl_sec;
    } names[FCRDNS_NAMES];
};

struct fcrdns_question {
    char name[ADDRESS_DOMAIN + 1];
    size_t index;
};

struct fcrdns_verdict {
    enum named named;
    const char *name; /* "" unless NAMED_VERIFIED; lives in the fcrdns */
    unsigned ttl_sec;
};

void fcrdns_init(struct fcrdns *f, const struct netaddr *client);

/* What to do now; call again until it says WAIT or DONE. */
enum fcrdns_next fcrdns_next(struct fcrdns *f, struct fcrdns_question *q);

/* PTR: each name of the answer in order, then its end. */
void fcrdns_name(struct fcrdns *f, const char *name);
void fcrdns_names_end(struct fcrdns *f, enum answer_status s, unsigned ttl_sec);

/* The addresses of the name with that index: each, then the end. */
void fcrdns_address(struct fcrdns *f, size_t i, const struct netaddr *a);
void fcrdns_addresses_end(struct fcrdns *f, size_t i, enum answer_status s,
                          unsigned ttl_sec);

/* What is known so far: missing answers count as answers that never come. */
struct fcrdns_verdict fcrdns_verdict(const struct fcrdns *f);

#endif
