/*
 * The identity of a client, see identity.h.
 *
 * A pool of servers that takes turns retries from other addresses, often of
 * other networks, but with names below one registered domain; so that domain
 * is the best identity there is.  Only a verified name counts: anybody can
 * write any name into his own reverse zone.
 *
 * A name that a provider gave to a customer's line says who the provider is,
 * not who the client is: what one infected machine is, all of that provider's
 * customers would be.  Such a client is known by its network (DESIGN: it never
 * lends its domain's good name).
 */
#include "greylist/identity.h"

#include "greylist/dialup.h"
#include "greylist/suffix.h"
#include "lib/address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Lower case, without a final dot; false if it is no host name. */
static bool plain_name(const char *name, char out[ADDRESS_DOMAIN + 1])
{
    size_t len = strlen(name);

    if (len > 0 && name[len - 1] == '.')
        len--;
    if (len > ADDRESS_DOMAIN || !address_is_hostname(name, len))
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)tolower((unsigned char)name[i]);
    out[len] = '\0';
    return true;
}

static bool is_line(const struct netaddr *client, const char *plain)
{
    return dialup_holds_address(client, plain) || dialup_says_so(client, plain);
}

bool identity_dynamic(const struct netaddr *client, const char *name)
{
    char plain[ADDRESS_DOMAIN + 1];

    return plain_name(name, plain) && is_line(client, plain);
}

/* Made for each decision, so without printf(3). */
static void network_text(const struct identity_settings *s,
                         const struct netaddr *client, char out[IDENTITY_TEXT])
{
    struct netaddr net =
        netaddr_network(client, s->ipv4_prefix, s->ipv6_prefix);
    unsigned prefix = client->family == 4 ? s->ipv4_prefix : s->ipv6_prefix;
    char *p = out + strlen(netaddr_text(&net, out, NETADDR_TEXT));

    *p++ = '/';
    if (prefix >= 100)
        *p++ = '1';
    if (prefix >= 10)
        *p++ = (char)('0' + prefix / 10 % 10);
    *p++ = (char)('0' + prefix % 10);
    *p = '\0';
}

char *identity_text(const struct identity_settings *s,
                    const struct netaddr *client, const char *name,
                    char out[IDENTITY_TEXT])
{
    char plain[ADDRESS_DOMAIN + 1];
    const char *domain = NULL;

    if (s->mode == IDENTITY_DOMAIN && plain_name(name, plain) &&
        !is_line(client, plain))
        domain = suffix_registered(plain);
    if (domain != NULL)
        snprintf(out, IDENTITY_TEXT, "%s", domain);
    else if (client->family == 0 || s->mode == IDENTITY_ADDRESS)
        netaddr_text(client, out, IDENTITY_TEXT);
    else
        network_text(s, client, out);
    return out;
}
