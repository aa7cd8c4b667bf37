/* What "tarrylab send" was asked to do. */
#ifndef TARRY_LAB_SEND_H
#define TARRY_LAB_SEND_H

#include "lab/profile.h"
#include "lib/address.h"
#include "lib/netaddr.h"

#include <jansson.h>
#include <time.h>

struct addrinfo;

#define SEND_HOSTS 8

struct sending {
    struct profile *profile;
    struct addrinfo *hosts[SEND_HOSTS];
    unsigned nhosts; /* in the order of their preference */
    struct netaddr sources[PROFILE_POOL];
    unsigned nsources;
    struct address from, to;
    const char *helo;
    char id[64]; /* of the message */
    double speed;
    uint64_t seed;
    bool json;
    json_t *timeline;
    struct timespec began;
};

/* EX_OK, or what to end with, after a message on stderr. */
int send_options(int argc, char **argv, struct sending *s);

#endif
