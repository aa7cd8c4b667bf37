/* What chan.c and chan_call.c share of a channel. */
#ifndef TARRY_CHAN_PARTS_H
#define TARRY_CHAN_PARTS_H

#include "lib/chan.h"

#define CHAN_PACKET (sizeof(struct msg_header) + MSG_PAYLOAD)

struct packet {
    struct packet *next;
    int fd;
    size_t len;
    unsigned char data[];
};

struct chan {
    int fd;
    enum program self, peer;
    unsigned phase;
    const struct chan_ops *ops;
    void *arg;
    struct event *readable, *writable;
    struct packet *first, **last; /* what the socket did not take yet */
    size_t backlog;
    const char *broken; /* the reason; reported from the loop */
    bool reported;
    bool *freed; /* where the running handler looks */
};

enum received { ARRIVED, EMPTY, BROKEN, FREED };

/* One packet, checked, into buf of CHAN_PACKET octets; never FREED. */
enum received chan_take(struct chan *c, unsigned char *buf, struct msg *m);

#endif
