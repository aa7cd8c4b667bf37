/*
 * The attempts that a running site has logged, line by line.  Pure.  Known
 * are
 *
 *   a tarryd's lines of greylisting ("TIME tag: event=greylist ..."), from its
 *   log or from "tarryctl greylist attempts";
 *   a postgrey's ("action=greylist, reason=new, ...");
 *   a Postfix's own: a recipient that a policy or a milter greylisted
 *   ("NOQUEUE: reject: RCPT from ..."), and a message that was accepted, whose
 *   lines are joined by its queue id;
 *
 * behind a time of either kind ("2026-11-21T18:45:03.363Z", "Nov 21 18:45:03
 * host").  All others are passed over; what is an attempt but tells nothing of
 * greylisting is counted.
 *
 * What a log does not tell: of a tarryd that knows its clients by networks,
 * their names; so what "identity = domain" would have done to them cannot be
 * found out.
 */
#ifndef TARRY_LAB_TRACE_H
#define TARRY_LAB_TRACE_H

#include "lib/address.h"
#include "lib/netaddr.h"

/* Queue ids that are remembered at a time: of more, the oldest is forgotten. */
#define TRACE_OPEN 50000

struct trace_line {
    int64_t time; /* seconds */
    struct netaddr client;
    char name[256]; /* verified, or the domain that it is known by, or "" */
    struct address sender, recipient;
    bool passed;
    bool postfix; /* told by Postfix: its policy may have told it, too */
};

enum trace_kind {
    TRACE_ATTEMPT,
    TRACE_OTHER, /* not about an attempt, or one that is left out */
    TRACE_UNFIT  /* about one, but it cannot be read */
};

#define TRACE_REASONS 16

/* What of a Postfix's log tells nothing of greylisting. */
struct trace_left {
    uint64_t deferred[TRACE_REASONS]; /* by trace_reason() */
    char example[128];                /* the first of the last reason */
    uint64_t refused;                 /* 5xx */
    uint64_t own; /* messages of users, programs, filters: no strangers */
    uint64_t incomplete; /* messages accepted of which lines are missing */
};

struct trace_queue;

/*
 * Zero but for year. Times without a year are of year, or later: they never
 * go back.
 */
struct trace_reader {
    int year;
    const char *also; /* a deferral with this in its text is greylisting */
    int64_t last;
    struct trace_left left;
    struct trace_queue *queue;
};

enum trace_kind trace_read(struct trace_reader *r, const char *line,
                           struct trace_line *out);
/* After the last line: left is complete then.  Frees what r holds. */
void trace_end(struct trace_reader *r);

/* Why a deferral was none of greylisting; NULL behind the last reason. */
const char *trace_reason(size_t i);

#endif
