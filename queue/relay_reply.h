/*
 * Replies of a server, read from the octets it sends (RFC 5321 §4.2).
 *
 * Pure. A reply is one to REPLY_LINES lines, each with the same code, each of
 * REPLY_LINE octets at most; what is longer, or no reply, is REPLY_BAD, and
 * nothing that follows can be trusted to be one.
 */
#ifndef TARRY_QUEUE_RELAY_REPLY_H
#define TARRY_QUEUE_RELAY_REPLY_H

#include "queue/job.h"

#define REPLY_LINE  2048 /* with its end; RFC 5321 §4.5.3.1.5 allows 512 */
#define REPLY_LINES 128

enum reply_status { REPLY_MORE, REPLY_DONE, REPLY_BAD };

struct reply {
    unsigned code; /* 200 to 599, 0 before the first line */
    unsigned lines;
    const char *bad; /* REPLY_BAD: why */
    /*
     * The lines as they came, '\n' between them; each octet that is not
     * printable ASCII became '?'. Beyond its size they are dropped.
     */
    size_t len;
    char text[JOB_REPLY];
    /* The line being read. */
    size_t line_len;
    char line[REPLY_LINE];
};

/* Ready for the next reply. */
void reply_reset(struct reply *r);

/*
 * Reads octets up to the end of the reply; *used says how many it took.  Call
 * with more after REPLY_MORE, and reply_reset() after REPLY_DONE.
 */
enum reply_status reply_read(struct reply *r, const char *buf, size_t len,
                             size_t *used);

/*
 * Line i (0 is the first) without its code and separator, as *len octets in
 * text; false when there is none, or it was dropped.
 */
bool reply_line(const struct reply *r, unsigned i, const char **text,
                size_t *len);

/* Of the first line: "5.7.1" starts there, or NULL (RFC 3463 §2). */
const char *reply_enhanced(const struct reply *r);

#endif
