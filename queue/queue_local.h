/* One job for deliver. For queue_local.c and queue_expand.c. */
#ifndef TARRY_QUEUE_LOCAL_H
#define TARRY_QUEUE_LOCAL_H

#include "queue/queue_internal.h"

struct local {
    struct local *next;
    struct queue *q;
    struct destination *destination;
    struct message *message;
    struct rcpt *rcpt;
    struct record *record;
    int fd;
    uint64_t id;
    enum msg_type wants; /* the answer that is due; MSG_COUNT: none */
    struct address to;
    bool keeps;        /* a part of it stays here */
    bool moved;        /* all of it goes to one address elsewhere */
    uint32_t known_by; /* what deliver calls all that is elsewhere */
    uint64_t copy;
};

/* Opens its place at deliver: it is known to stay here, or a part of it. */
void queue_local_open(struct local *l);
/* That is its end. l is gone. */
void queue_local_finish(struct local *l, enum job_outcome outcome,
                        const char *reply);

/*
 * It is an alias that leaves; in is what CHECKED says of it.  Goes on by
 * itself, now or later; or returns what is wrong with in.
 */
const char *queue_expand(struct local *l, struct msg_in *in);

#endif
