/* What the files of trace.h share. */
#ifndef TARRY_LAB_TRACE_PARTS_H
#define TARRY_LAB_TRACE_PARTS_H

#include "lab/trace.h"

/* trace_time.c: what follows the time that begins a line, or NULL. */
const char *trace_time(struct trace_reader *r, const char *line, int64_t *out);

/* trace.c: addresses without brackets; "" and "<>" are the null sender. */
bool trace_addresses(const char *sender, const char *recipient,
                     struct trace_line *out);
/* The name of a client that is not "unknown". */
void trace_name(const char *name, struct trace_line *out);

/*
 * trace_postfix.c: rest is what follows the time; out->time is set.
 * TRACE_OTHER for lines of other programs.
 */
enum trace_kind trace_postfix(struct trace_reader *r, const char *rest,
                              struct trace_line *out);

/*
 * trace_defer.c: whether a 4xx with that text is greylisting; if not, it is
 * counted.
 */
bool trace_greylists(struct trace_reader *r, const char *text);

/*
 * trace_queue.c: messages by queue id, see there.  key names the id, and what
 * gives it ("host instance id").
 */
enum origin {
    ORIGIN_STRANGER, /* came by SMTP */
    ORIGIN_OWN,      /* a user's, a program's, or of a filter behind */
    ORIGIN_UNKNOWN   /* the log begins behind it */
};

struct open_message {
    char *key;
    struct open_message *older, *newer;
    enum origin origin;
    int64_t time; /* of the client's line */
    struct netaddr client;
    char *name, *sender; /* NULL: not known (yet) */
    uint64_t *told;      /* recipients, hashed: those that were attempts */
    size_t ntold;
};

/* The message of that key, or NULL. */
struct open_message *trace_find(struct trace_reader *r, const char *key);
/* A new one, in the place of one of the same key. */
struct open_message *trace_open(struct trace_reader *r, const char *key,
                                enum origin origin);
void trace_close(struct trace_reader *r, struct open_message *m);
/* Whether that recipient is told for the first time. */
bool trace_tells(struct open_message *m, const char *recipient);
/* Closes all. */
void trace_queue_free(struct trace_reader *r);

#endif
