/*
 * What is kept in memory of a queued message: enough to know when to do
 * what.  The rest is in its record, and read when it is needed.
 *
 * MESSAGE_OCTETS bounds what a message of one recipient costs, with what its
 * destination and its place in the schedule cost, whatever else is queued.
 */
#ifndef TARRY_MESSAGE_H
#define TARRY_MESSAGE_H

#include "queue/record.h"
#include "queue/timers.h"

#define MESSAGE_OCTETS 300

struct destination;

enum rcpt_phase {
    PHASE_WAITS, /* its timer runs, unless the message is held */
    PHASE_READY, /* in the line of its destination */
    PHASE_BUSY,  /* in a job */
    PHASE_ENDED
};

struct rcpt {
    struct timer timer; /* first: what is due is found by it */
    uint32_t next;      /* when it may be tried */
    uint16_t index;     /* in message->rcpts */
    uint16_t attempts;
    struct message *message;
    struct destination *destination; /* NULL once ended */
    struct rcpt *ahead, *behind;     /* in the line of its destination */
    unsigned phase : 2;              /* enum rcpt_phase */
    unsigned notify : 4;             /* enum dsn_notify */
    unsigned warned : 1;             /* of the delay, or nobody is to be */
    unsigned owes : 1;               /* a report of its end */
    unsigned late : 1;               /* a report of its delay */
    unsigned expanded : 1;           /* where it leads has a copy */
    unsigned lost : 1;               /* the last relay ended without a word */
};

struct message {
    struct message *next; /* in its bucket */
    uint64_t id;
    uint32_t queued;
    uint16_t n;
    uint16_t busy; /* jobs under way */
    bool null_sender, held;
    bool reporting; /* a report is being made */
    struct rcpt rcpts[];
};

struct messages {
    struct message **bucket;
    size_t buckets, n, recipients;
};

/*
 * In none of the tables yet.  A line from the future was written while the
 * clock was ahead: the wait that it tells of begins now.
 */
struct message *message_new(const struct record *r, int64_t now);
/* The clock was put back by that much, to now. */
void message_clock_back(struct message *m, int64_t by, int64_t now);
/* The clock was put forward: the message is as old as it was. */
void message_clock_forward(struct message *m, int64_t by, int64_t now);
/* A time that comes earlier, but not before now. */
int64_t message_earlier(int64_t at, int64_t by, int64_t now);

void messages_add(struct messages *t, struct message *m);
struct message *messages_find(const struct messages *t, uint64_t id);
/* Out of the table, and freed. */
void messages_drop(struct messages *t, struct message *m);
/* Calls with each; it drops none. */
void messages_each(const struct messages *t,
                   void (*call)(struct message *, void *arg), void *arg);
/* All numbers, in order; the caller's to free. */
uint64_t *messages_list(const struct messages *t);
void messages_release(struct messages *t);

/* All recipients have come to their end, and all is told that was owed. */
bool message_finished(const struct message *m);

/* Does the sender want to hear of this end of a recipient? */
bool message_owes(const struct message *m, unsigned notify,
                  enum rcpt_state state, unsigned result_flags);

#endif
