/* One relay and its job. For queue_relay.c and queue_job*.c. */
#ifndef TARRY_QUEUE_RELAY_H
#define TARRY_QUEUE_RELAY_H

#include "queue/queue_internal.h"

struct relay {
    struct relay *next;
    struct queue *q;
    struct chan *chan;
    struct destination *destination; /* of its session, while it has a job */
    unsigned jobs;                   /* done in this session */
    bool ending;
    /* Its session is open and idle, for this domain; until the timer ends. */
    char *lingers;
    struct event *linger;
    /* The job; message is NULL when there is none. */
    struct message *message;
    struct record *record;
    int fd; /* of the record */
    uint64_t id;
    bool dot;     /* the end of the message may have been sent */
    bool reached; /* it came as far as to speak of this message */
    bool failed;  /* it did not */
    int64_t stay_away;
    char why[JOB_REPLY];
    size_t n;
    uint16_t index[JOB_RECIPIENTS];
    bool known[JOB_RECIPIENTS];
};

/*
 * Gives it the recipients of a message that are ready for its destination.
 * False when there is no job after all.
 */
bool queue_job_send(struct relay *r, struct message *m);
/* Takes a RESULT. Returns what is wrong with it, or NULL. */
const char *queue_job_result(struct relay *r, struct msg *m);
/* The relay died: what it did not tell is to be tried again. */
void queue_job_lost(struct relay *r);
/* All is told: of the destination too. */
void queue_job_end(struct relay *r);

#endif
