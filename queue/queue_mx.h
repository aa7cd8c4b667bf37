/* Where a destination is. For queue_mx.c and queue_resolver.c. */
#ifndef TARRY_QUEUE_MX_H
#define TARRY_QUEUE_MX_H

#include "queue/queue_internal.h"

#define QUEUE_MX_HOLDS 600 /* seconds that hosts are kept at most */

/* Its route, or that of all; or NULL. */
const struct conf_route *queue_mx_route(const struct queue *q,
                                        const char *domain);
/* The hosts of d are these. */
void queue_mx_keep(struct destination *d, const struct job_address *v, size_t n,
                   int64_t until, enum conf_tls tls);
/* Asks resolver; d waits. */
void queue_mx_ask(struct queue *q, struct destination *d);

#endif
