/* Odd answers of strangers' name servers, in the log once a minute at most. */
#ifndef TARRY_RESOLVER_ODD_H
#define TARRY_RESOLVER_ODD_H

#include "lib/netaddr.h"

/* Starts as all zero. */
struct odd {
    uint64_t logged_sec; /* when one was last logged */
    unsigned not_logged; /* since */
};

/* What was odd in an answer about a client. */
void odd_log(struct odd *o, const struct netaddr *client, uint64_t now_sec,
             const char *text);

#endif
