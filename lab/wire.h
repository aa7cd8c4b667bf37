/*
 * A sender's side of an SMTP conversation, on a socket, waiting: for a
 * laboratory that plays one sender at a time.
 */
#ifndef TARRY_LAB_WIRE_H
#define TARRY_LAB_WIRE_H

#include "lab/profile.h"
#include "lib/netaddr.h"

struct addrinfo;

struct wire_visit {
    const struct addrinfo *host;
    const struct netaddr *source; /* to come from; family 0: any */
    const char *helo, *from, *to; /* addresses without brackets */
    const char *message;          /* whole, with its dot; CRLF */
    const struct profile *profile;
    unsigned timeout_ms;     /* for each reply, */
    unsigned dot_timeout_ms; /* but for the one to the message */
};

/* How it ended: the last step that was begun, and what it was answered. */
struct wire_end {
    enum step step;
    unsigned code;     /* 0: the connection was lost, or never made */
    char reply[200];   /* first line without the code; or what went wrong */
    unsigned wait_sec; /* that the whole of it names, see lab/queueing.h */
};

void wire_visit(const struct wire_visit *v, struct wire_end *end);

#endif
