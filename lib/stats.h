/*
 * Counters that a child keeps and the parent reads, without a message: one
 * shared page a child, written with relaxed atomics.  The parent reads it
 * (and never maps it: a page that shrank would kill the reader) and shows it in
 * "tarryctl status"; a child that hangs or died can still be read.  After a
 * restart they begin at zero.
 */
#ifndef TARRY_STATS_H
#define TARRY_STATS_H

#include "lib/program.h"

#include <stdint.h>

enum counter {
    /* smtpd */
    STAT_SESSIONS,        /* open now */
    STAT_CONNECTIONS,     /* accepted since start */
    STAT_REFUSED,         /* of them, turned away by a limit */
    STAT_TLS,             /* TLS handshakes completed */
    STAT_RCPT_OK,         /* recipients accepted */
    STAT_RCPT_REFUSED,    /* recipients refused or deferred */
    STAT_MESSAGES,        /* answered 250 */
    STAT_MESSAGES_FAILED, /* refused or deferred at or after DATA */
    STAT_OCTETS,          /* of accepted messages */
    /* resolver */
    STAT_QUESTIONS, /* clients asked for */
    STAT_CACHED,    /* of them, answered from the cache */
    STAT_VERIFIED,  /* found a verified name */
    STAT_TIMEOUTS,  /* had no answer in time */
    /* deliver */
    STAT_DELIVERED, /* messages made durable */
    STAT_FILES,     /* files put into new/ */
    STAT_FLUSHES,   /* flushes of a file system */
    STAT_DISCARDED, /* transactions aborted or failed */
    /* greylist */
    STAT_DECISIONS,      /* made */
    STAT_STRANGERS,      /* of them: deferred at first sight */
    STAT_EARLY,          /* deferred, too early a retry */
    STAT_RETURNED,       /* passed for the first time */
    STAT_EXEMPT,         /* passed by a list or a setting */
    STAT_STORE_FAILURES, /* passed because the store failed */
    STAT_POLICY,         /* requests by the policy protocol */
    /* queue */
    STAT_QUEUED,   /* messages accepted */
    STAT_WAITING,  /* recipients that have not come to their end, now */
    STAT_SENT,     /* recipients delivered */
    STAT_DEFERRED, /* attempts that are to be repeated */
    STAT_BOUNCED,  /* recipients refused, or expired */
    STAT_REPORTS,  /* reports sent to senders */
    STAT_COUNT
};

struct stat_name {
    enum program program;
    const char *name; /* as printed and as JSON key */
};
extern const struct stat_name stat_names[STAT_COUNT];

/* The parent's: a new page's descriptor, or -1 with errno. */
int stats_create(void);
/* A copy of the counters as they are now. -1 if they cannot be read. */
int stats_read(int fd, uint64_t counters[STAT_COUNT]);

/* The child's: counts in a page of its own until stats_use() is called. */
void stats_use(int fd);
void stats_add(enum counter counter, int64_t n);

#endif
