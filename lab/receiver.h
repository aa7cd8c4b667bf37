/*
 * A receiver in memory: the session and the judgement of the daemons, with
 * the settings of a tarry.conf, under the clock that each visit brings.
 */
#ifndef TARRY_LAB_RECEIVER_H
#define TARRY_LAB_RECEIVER_H

#include "lab/profile.h"
#include "lib/netaddr.h"

struct receiver;

/*
 * From a configuration file.  Lists that it names and that are not there are
 * taken from its own folder, or the one above.  NULL with all mistakes, one a
 * line, in err.
 */
struct receiver *receiver_new(const char *path, char *err, size_t size);
void receiver_free(struct receiver *r);   /* NULL is fine */
void receiver_forget(struct receiver *r); /* all that it knows of clients */

const char *receiver_name(const struct receiver *r);   /* the file's */
const char *receiver_domain(const struct receiver *r); /* it takes mail for */
unsigned receiver_delay(const struct receiver *r);     /* seconds; 0: off */

/* One connection of a client, with one message. */
struct visit {
    int64_t now;
    struct netaddr client;
    const char *name; /* verified host name, or "" */
    const char *helo;
    const char *from, *to; /* without brackets */
    const struct profile *profile;
};

/* How it ended. */
struct visit_end {
    enum step step;  /* the last one that was answered */
    unsigned code;   /* 0: the connection was closed instead */
    char reply[200]; /* first line of it, without the code */
    bool stored;
};

void receiver_visit(struct receiver *r, const struct visit *v,
                    struct visit_end *end);

#endif
