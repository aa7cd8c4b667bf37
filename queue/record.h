/*
 * The record of a queued message: its envelope, and what became of each
 * recipient.  Text, one line a fact; the first lines are written once and end
 * in a checksum, what follows is only ever appended, one line an event:
 *
 *   tarry-queue 1
 *   queued 1795282800          seconds since 1970
 *   session 4f1c.2a            where it came in
 *   size 5120                  octets of the message
 *   flags 4                    enum job_flags
 *   envid QQ314159             ENVID as it came; may be missing
 *   sender a@example.org       nothing behind it: the null sender
 *   recipient 2 rfc822;b@c b@c enum dsn_notify, ORCPT or "-", the address;
 *                              n times
 *   end 811c9dc5
 *   try T 0,1                  an attempt was begun, for these recipients
 *   delivered T 0 STEP FLAGS HOST REPLY
 *   refused T 1 STEP FLAGS HOST REPLY
 *   deferred T 2 NEXT STEP FLAGS HOST REPLY
 *   unknown T 2 NEXT STEP FLAGS HOST REPLY     lost after the dot
 *   expired T 2
 *   removed T 2                by the administrator
 *   report T ID KIND 1,2       message ID is being made to tell of these
 *   reported T ID              it is in the queue
 *   held T | released T
 *
 * In a line, control characters and backslashes are \xx.  Pure.
 */
#ifndef TARRY_RECORD_H
#define TARRY_RECORD_H

#include "queue/job.h"

#include <stdio.h>

#define RECORD_RECIPIENTS 1000
#define RECORD_REPLY      512 /* octets of one that leads to another attempt */

enum rcpt_state {
    RCPT_WAITING,
    RCPT_DELIVERED,
    RCPT_REFUSED,
    RCPT_EXPIRED,
    RCPT_REMOVED
};

enum report_kind {
    REPORT_FINAL = 'f',  /* delivered, refused or expired */
    REPORT_DELAY = 'd',  /* delayed */
    REPORT_EXPAND = 'x', /* not a report: a copy to where an alias leads */
};

/* The same, to count with. */
enum record_kind { RECORD_FINAL, RECORD_DELAY, RECORD_EXPAND, RECORD_KINDS };

struct record_rcpt {
    const char *address;
    const char *orcpt; /* "" for none */
    unsigned notify;   /* enum dsn_notify */
    /* What the events make of it. */
    enum rcpt_state state;
    bool trying; /* an attempt whose end is not known */
    bool reported, warned, expanded;
    uint64_t begun[RECORD_KINDS]; /* reports that tell of it; 0: none */
    unsigned attempts;
    int64_t next;             /* next attempt; 0: now */
    int64_t last;             /* last event, 0 for none */
    unsigned step, flags;     /* of job_result */
    const char *host, *reply; /* never NULL */
};

struct record {
    uint64_t id;
    int64_t queued;
    uint64_t size;
    unsigned flags; /* enum job_flags */
    const char *session, *sender, *envid;
    size_t n;
    struct record_rcpt *rcpts;
    bool held;
    unsigned bad_lines; /* events that could not be read */
    size_t length;      /* octets up to the last complete line */
    char *text;         /* what the strings point into, or NULL */
};

/* Its state before any event; address, orcpt and notify are set. */
void record_rcpt_begin(struct record_rcpt *r);

/* Writes the first lines. */
void record_write(FILE *out, const struct record *r);

/*
 * Reads one; takes text over (from malloc, len octets and a NUL).  NULL when
 * the first lines are damaged.  What is behind the last newline is ignored.
 */
struct record *record_read(uint64_t id, char *text, size_t len);
void record_free(struct record *r); /* NULL is fine */

/* Events, one line each. time is now. */
void record_try(FILE *out, int64_t time, const unsigned *index, size_t n);
void record_result(FILE *out, int64_t time, unsigned rcpt, int64_t next,
                   const struct job_result *result);
void record_event(FILE *out, int64_t time, const char *event, unsigned rcpt);
void record_report(FILE *out, int64_t time, uint64_t id, enum report_kind kind,
                   const unsigned *index, size_t n);
void record_reported(FILE *out, int64_t time, uint64_t id);
void record_held(FILE *out, int64_t time, bool held);

/* That report is in the queue. False when it tells of nobody. */
bool record_told(struct record *r, uint64_t id);

/* All recipients have come to their end. */
bool record_finished(const struct record *r);

/* Undoes \xx in place. Returns text. */
char *record_decode(char *text);

#endif
