/*
 * A receiver in memory, with the settings of a tarry.conf, under the clock
 * that each visit brings.
 *
 * The daemons' code is: the reading of the settings and of the lists they
 * name (lib/conf.h, greylist/settings.h), the SMTP session (smtpd/session.h),
 * and the judgement of each recipient with its records (greylist/judge.h and
 * greylist/policy.h, as the program greylist calls them).  The laboratory's
 * are: the shell around the session, which has no sockets, no TLS and no
 * limits by client; the store, a table in memory (lab/known.h) instead of
 * Berkeley DB; names, which are what the visit says; and the delivery, which
 * knows every recipient and never fails.
 */
#ifndef TARRY_LAB_RECEIVER_H
#define TARRY_LAB_RECEIVER_H

#include "lab/profile.h"
#include "lib/netaddr.h"

struct receiver;

/*
 * From a configuration file, with changes ("delay=1m,window=4h", or NULL) that
 * are also part of its name.  Lists that it names and that are not there are
 * taken from its own folder, or the one above.  NULL with all mistakes, one a
 * line, in err.
 */
struct receiver *receiver_new(const char *path, const char *changes, char *err,
                              size_t size);
void receiver_free(struct receiver *r);   /* NULL is fine */
void receiver_forget(struct receiver *r); /* all that it knows of clients */

const char *receiver_name(const struct receiver *r);   /* the file's */
const char *receiver_domain(const struct receiver *r); /* it takes mail for */
/* So late comes its reply to a message, once it is stored; 0 at first. */
void receiver_answers_after(struct receiver *r, unsigned sec);
unsigned receiver_delay(const struct receiver *r); /* seconds; 0: off */

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
    enum step step;    /* the last one that was answered */
    unsigned code;     /* 0: the connection was closed instead */
    char reply[200];   /* first line of it, without the code */
    unsigned wait_sec; /* that the whole of it names, see lab/queueing.h */
    unsigned late_sec; /* so long after the attempt's time it ended */
    bool stored;
};

void receiver_visit(struct receiver *r, const struct visit *v,
                    struct visit_end *end);

#endif
