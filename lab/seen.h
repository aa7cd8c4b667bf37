/*
 * What a receiver saw of a sender: one attempt at one recipient, and its line
 * in a record, which is a text file.
 *
 * The first line is "tarrylab-seen 1" and settings; every other line has ten
 * fields with a tab between them, "-" for nothing:
 *
 *   time      milliseconds since 1970, UTC
 *   mx        which of the receiver's addresses, 0 for the most preferred
 *   client    its address
 *   helo      the name given with EHLO or HELO
 *   sender    "<>" for the null sender
 *   recipient
 *   step      how far it came, a word of seen_step_word()
 *   flags     "insists": went on with the message though no recipient was
 *             taken
 *   message   the message's Message-ID, when its content was seen
 *   reply     the last reply's first line; "-": none was given
 *
 * or is "# began" or "# ended" and the time when the receiver did.
 */
#ifndef TARRY_LAB_SEEN_H
#define TARRY_LAB_SEEN_H

#include "lib/netaddr.h"

#include <stdio.h>

#define SEEN_LINE 4096

/* Bounds of speed. */
#define SEEN_SLOWEST 0.001
#define SEEN_FASTEST 1e6

enum seen_step {
    SEEN_TLS,            /* STARTTLS, and no further */
    SEEN_RCPT,           /* the recipient was refused, or nothing followed */
    SEEN_DATA,           /* DATA was answered with an error, or cut off */
    SEEN_DOT,            /* the whole message came */
    SEEN_REPORT_FAILED,  /* not an attempt: its sender was told of failure */
    SEEN_REPORT_DELAYED, /* or of a delay */
    SEEN_STEPS
};

struct seen {
    int64_t time_ms;
    unsigned mx;
    struct netaddr client;
    enum seen_step step;
    bool insists;
    unsigned code; /* of reply; 0: none was given */
    const char *helo, *sender, *recipient, *message, *reply; /* "", not NULL */
};

/* The receiver was not running: a sender may have tried. */
struct seen_gap {
    int64_t from_ms, to_ms;
};

/* A list owns all its text. */
struct seen_list {
    struct seen *v;
    size_t n, room;
    double speed;      /* a second here counts as so many */
    bool sees_reports; /* what is sent to the senders comes here, too */
    int64_t ended_ms;  /* nobody watched from then on; 0: not known */
    struct seen_gap *gaps;
    size_t ngaps;
};

/*
 * Copies it to its place in the order of time: a record's lines are in the
 * order in which transactions ended, and one that begins later may end first.
 */
void seen_add(struct seen_list *l, const struct seen *s);
/* A receiver begins then: since the one before there is a gap. */
void seen_resume(struct seen_list *l, int64_t now_ms);
void seen_release(struct seen_list *l);

const char *seen_step_word(enum seen_step step);

/* The record's first line, and one of the others, into f. */
void seen_write_head(FILE *f, const struct seen_list *l);
void seen_write(FILE *f, const struct seen *s);
void seen_write_begin(FILE *f, int64_t now_ms);
void seen_write_end(FILE *f, int64_t now_ms);

/*
 * Reads a record.  Returns NULL, or what is wrong with it and in *line where;
 * a last line without an end is left out: its writer was cut off.
 */
const char *seen_read(FILE *f, struct seen_list *out, unsigned *line);

#endif
