/*
 * Questions to name servers: c-ares on a libevent loop.
 *
 * A question is repeated, the next server tried, and a truncated answer
 * asked for again over TCP, until there is an answer or, after DNS_LIFE_MS
 * for each server, none.  Who needs it sooner keeps a time of his own.
 */
#ifndef TARRY_RESOLVER_DNS_H
#define TARRY_RESOLVER_DNS_H

#include "resolver/answer.h"
#include "resolver/server.h"

#define DNS_SERVERS 8
#define DNS_LIFE_MS 7500 /* 500 ms, then twice as long each time: 4 tries */

struct dns;
struct event_base;

/*
 * Reads resolv.conf(5), and whatever else c-ares wants to read, here and
 * never again: to be called before the sandbox closes. Fatal on failure.
 */
struct dns *dns_new(struct event_base *base);
void dns_free(struct dns *d); /* NULL is fine */

/*
 * Asks these from now on; n 0 means those of resolv.conf.  If that is a
 * change, all questions under way end with ANSWER_FAILED, in this call.
 */
void dns_set_servers(struct dns *d, const struct server *servers, size_t n);
const struct server *dns_servers(const struct dns *d, size_t *n);

/* The answer lives in the call. It may come from inside dns_ask(). */
typedef void dns_callback(const struct answer *a, void *arg);

/* Asks for records of a type (ns_t_a ...) of a name; answers exactly once. */
void dns_ask(struct dns *d, const char *name, unsigned type,
             dns_callback *callback, void *arg);

#endif
