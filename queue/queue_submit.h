/* A client of the socket for mail of this host. For queue_submit*.c only. */
#ifndef TARRY_QUEUE_SUBMIT_H
#define TARRY_QUEUE_SUBMIT_H

#include "queue/queue_internal.h"

#include <sys/socket.h>

struct bufferevent;
struct event;

struct submission {
    struct submission *next;
    struct queue *q;
    struct bufferevent *bev;
    struct event *bound; /* of all its time */
    struct ucred who;
    enum { AT_START, AT_ENVELOPE, AT_BODY, AT_COMMIT, AT_END } at;
    struct accept *accept;
    uint64_t size, got, head; /* octets: announced, read, of our own header */
    bool eight, has_sender;
};

/* Begins to listen to what it says. */
void queue_submit_talk(struct submission *s);
/* Gives up what is not committed. */
void queue_submit_free(struct submission *s);

/* One line of the envelope, which is cut up. False when it is malformed. */
bool queue_submit_line(struct submission *s, char *line);

#endif
