/*
 * The attempts that a running site has logged, line by line.  Pure.  Known
 * are the greylist's lines of a tarryd ("event=greylist ...") and those of a
 * postgrey ("action=greylist, reason=new, ..."), behind a time of either kind
 * ("2026-11-21T18:45:03.363Z", "Nov 21 18:45:03 host"); all others are passed
 * over.
 *
 * What a log does not tell: of a tarryd that knows its clients by networks,
 * their names; so what "identity = domain" would have done to them cannot be
 * found out.
 */
#ifndef TARRY_LAB_TRACE_H
#define TARRY_LAB_TRACE_H

#include "lib/address.h"
#include "lib/netaddr.h"

struct trace_line {
    int64_t time; /* seconds */
    struct netaddr client;
    char name[256]; /* verified, or the domain that it is known by, or "" */
    struct address sender, recipient;
    bool passed;
};

enum trace_kind {
    TRACE_ATTEMPT,
    TRACE_OTHER, /* not about an attempt */
    TRACE_UNFIT  /* about one, but it cannot be read */
};

/* Times without a year are of year, or later: they never go back. */
struct trace_reader {
    int year;
    int64_t last;
};

enum trace_kind trace_read(struct trace_reader *r, const char *line,
                           struct trace_line *out);

#endif
