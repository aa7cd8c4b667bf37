/* How many connections each client network has open (limits.per-client). */
#ifndef TARRY_CLIENTS_H
#define TARRY_CLIENTS_H

#include "lib/netaddr.h"

struct clients;

/* size: how many connections there can be in all. */
struct clients *clients_new(size_t size);
void clients_free(struct clients *c);

/*
 * Counts one more for a network (netaddr_network() was applied by the
 * caller).  False, and nothing counted, when it has limit already.
 */
bool clients_enter(struct clients *c, const struct netaddr *network,
                   unsigned limit);
void clients_leave(struct clients *c, const struct netaddr *network);

#endif
