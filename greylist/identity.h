/*
 * What a client is known by: the first part of a triplet, and the key under
 * which a whole client can become free.  Pure.
 */
#ifndef TARRY_GREYLIST_IDENTITY_H
#define TARRY_GREYLIST_IDENTITY_H

#include "lib/netaddr.h"

#define IDENTITY_TEXT 256

enum identity_mode {
    IDENTITY_DOMAIN,  /* registered domain of its verified name; or network */
    IDENTITY_NETWORK, /* "192.0.2.0/24", "2001:db8::/64" */
    IDENTITY_ADDRESS  /* "192.0.2.1" */
};

struct identity_settings {
    enum identity_mode mode;
    unsigned ipv4_prefix, ipv6_prefix; /* 1 to 32, 1 to 128 */
};

/*
 * Writes the identity and returns out.  name is the host name that forward-
 * confirmed reverse DNS verified, or "".  A domain has no '/' and does not end
 * in a number, so the three kinds never meet.  "local" for a UNIX socket.
 */
char *identity_text(const struct identity_settings *s,
                    const struct netaddr *client, const char *name,
                    char out[IDENTITY_TEXT]);

/*
 * Whether the client's name is that of one line among many (it contains the
 * client's address, or says "dynamic" and the like).  It never lends its
 * domain; identity_text() is its network then.  A client without a name is
 * not dynamic: nothing is known of it.
 */
bool identity_dynamic(const struct netaddr *client, const char *name);

#endif
