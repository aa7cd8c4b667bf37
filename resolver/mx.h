/*
 * The mail exchangers of a domain (RFC 5321 §5.1).
 *
 * Pure: it says which question to ask next, is told the answers, and says
 * what follows from them.  The best MX_HOSTS hosts are looked at, each with
 * its addresses of both families.  A domain without MX is its own host.  If
 * we are one of the hosts, it and all that are not better are left out: mail
 * only ever moves to a better host, and so cannot go in circles.
 */
#ifndef TARRY_RESOLVER_MX_H
#define TARRY_RESOLVER_MX_H

#include "lib/address.h"
#include "lib/msg.h"
#include "lib/netaddr.h"
#include "resolver/answer.h"

#define MX_HOSTS     16
#define MX_ADDRESSES 8  /* of a host, of one family */
#define MX_OURS      64 /* names and addresses of our own */

/* How long what was found may be kept. */
#define MX_MIN_SEC      60
#define MX_MAX_SEC      3600
#define MX_NEGATIVE_SEC 300
#define MX_UNKNOWN_SEC  30

/* Who we are. */
struct mx_ours {
    size_t n;
    struct {
        char name[ADDRESS_DOMAIN + 1]; /* lower case; "" for an address */
        struct netaddr address;
    } v[MX_OURS];
};

enum mx_next {
    MX_ASK_MX,      /* for the exchangers of name */
    MX_ASK_ADDRESS, /* for the addresses of name, of that family */
    MX_WAIT,        /* all asked; answers are missing */
    MX_DONE         /* mx_verdict() will not change any more */
};

struct mx_question {
    char name[ADDRESS_DOMAIN + 1];
    size_t host;
    unsigned family; /* 4 or 6 */
};

struct mx_host {
    char name[ADDRESS_DOMAIN + 1];
    unsigned preference;
    uint64_t lot; /* the order of equals */
    struct mx_addresses {
        bool asked, answered;
        enum answer_status status;
        size_t n;
        struct netaddr v[MX_ADDRESSES];
    } of[2]; /* IPv4, IPv6 */
};

struct mx_search {
    char domain[ADDRESS_DOMAIN + 1];
    const struct mx_ours *ours;
    uint64_t chance;
    bool asked, answered, null, self;
    enum answer_status status;
    unsigned ttl_sec;
    unsigned records; /* MX records, of any kind */
    size_t n;
    struct mx_host hosts[MX_HOSTS]; /* the best first, equals at random */
};

/* ours must outlive the search; chance decides between equals. */
void mx_init(struct mx_search *m, const char *domain,
             const struct mx_ours *ours, uint64_t chance);

/* What to do now; call again until it says WAIT or DONE. */
enum mx_next mx_next(struct mx_search *m, struct mx_question *q);

/* MX: each record of the answer, then its end. */
void mx_record(struct mx_search *m, unsigned preference, const char *name);
void mx_records_end(struct mx_search *m, enum answer_status s,
                    unsigned ttl_sec);

/* The addresses a question was for: each, then the end. */
void mx_address(struct mx_search *m, size_t host, const struct netaddr *a);
void mx_addresses_end(struct mx_search *m, size_t host, unsigned family,
                      enum answer_status s, unsigned ttl_sec);

/*
 * What is known so far: missing answers count as answers that never come.
 * MX_FOUND: take the addresses of hosts[0] to hosts[n - 1], in this order,
 * with mx_pick().
 */
enum mx mx_verdict(struct mx_search *m, unsigned *ttl_sec);

/*
 * Address i of a host, families by turns, IPv6 first; false when there are
 * not so many.
 */
bool mx_pick(const struct mx_host *h, size_t i, struct netaddr *out);

#endif
