/*
 * What would other settings have done?  The attempts of a log are gathered
 * into messages, and these are played against other settings, each with its
 * own attempts.  Pure: no file, no clock, no chance.
 *
 * A message is all attempts of one sender at one recipient until one passes;
 * its sender's real patience is known only as far as it was needed.  So where
 * the settings replayed defer an attempt that had passed, the sender is taken
 * to go on as it went: after its own last wait, or the median first wait of
 * the log if it never had to wait, until five days are over.  Such messages
 * are counted apart ("guessed").  A message that never passed stays as
 * persistent as it was: who never came back does not come back here.
 *
 * All attempts stand in memory, REPLAY_MOST of them at most, about 150 octets
 * each, and every name and address once.
 */
#ifndef TARRY_LAB_REPLAY_H
#define TARRY_LAB_REPLAY_H

#include "lab/receiver.h"
#include "lab/trace.h"

#define REPLAY_MOST 4000000

struct replay_try {
    int64_t time;
    struct netaddr client;
    const char *name; /* its own, or "" */
};

struct replay_message {
    const char *sender, *recipient; /* as address_text() writes them */
    struct replay_try *tries;
    size_t ntries;
    bool passed; /* its last attempt did, in the log */
};

struct replay {
    struct replay_message *messages;
    size_t n, room;
    int64_t end;       /* of the log */
    uint64_t unfit;    /* lines that could not be read */
    uint64_t beyond;   /* attempts above REPLAY_MOST */
    uint64_t twice;    /* of Postfix, which its policy told, too */
    size_t attempts;   /* that are replayed */
    unsigned wait_sec; /* the median first wait */
    /* While it is read: */
    struct replay_attempt *seen;
    size_t nseen, seen_room;
    void *texts; /* each once, in a tree */
    void *open;  /* messages that did not pass yet, by key */
};

/* In any order: a message that was accepted is told late. */
void replay_add(struct replay *r, const struct trace_line *l);
/*
 * All lines are there.  From the first to the last attempt that a policy (a
 * postgrey, a tarryd) has told, those that Postfix told are left out: they are
 * of the same dialogues.
 */
void replay_ready(struct replay *r);
void replay_release(struct replay *r);

struct replay_result {
    size_t messages;
    size_t at_once, delayed; /* delivered */
    size_t stopped;          /* never passed, and did not come back */
    size_t lost;             /* had passed, and would not have here */
    size_t waiting;          /* may still have come back after the log's end */
    size_t guessed;          /* of those delayed: by a guessed attempt */
    size_t attempts;
    int64_t *delays; /* of those delayed, sorted; the caller's to free */
};

/* What the log itself tells. */
void replay_recorded(const struct replay *r, struct replay_result *out);
/* What the receiver would have done. */
void replay_run(const struct replay *r, struct receiver *at,
                struct replay_result *out);

/* The delay that percent of those delayed did not exceed; 0 for none. */
int64_t replay_delay(const struct replay_result *r, unsigned percent);

#endif
