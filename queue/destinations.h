/*
 * Where mail goes, by domain: who waits for it, how many conversations there
 * may be, and whether it is known to be dead.
 *
 * A destination has a line of recipients that are ready.  Destinations that
 * can be served stand in a line themselves and take turns, so that none keeps
 * another waiting.  One that could not be reached is left alone for as long
 * as the retry list says, then probed with one message.  All such together
 * have a third of the conversations at most, and with those of which nothing
 * is known half: silent hosts, however many, keep nobody waiting who was
 * reached before, and those that are known keep no new one waiting.
 * Pure: now is given.
 */
#ifndef TARRY_DESTINATIONS_H
#define TARRY_DESTINATIONS_H

#include "queue/message.h"
#include "queue/schedule.h"

struct destination_hosts; /* what resolver found; the owner's to know */

struct destination {
    struct destination *next;           /* in its bucket */
    struct destination *ahead, *behind; /* in its line */
    struct rcpt *first, *last;          /* ready */
    struct destination_hosts *hosts;    /* from malloc, or NULL */
    char *why;         /* what was said when it was last seen dead, or NULL */
    uint32_t until;    /* dead until then; 0: not known to be */
    uint32_t users;    /* recipients that have not ended */
    uint32_t seen;     /* when what was found at start was written */
    uint16_t failures; /* in a row */
    uint8_t limit;     /* conversations it may have now */
    uint8_t active;    /* that it has */
    uint8_t suspect;   /* of those, counted as conversations with suspects */
    uint8_t failing;   /* and of those, with the dead */
    bool proven;       /* it was reached once */
    bool asking;       /* its hosts are being asked for */
    bool asked;        /* and the question is under way */
    bool local;        /* for deliver: the owner says so */
    uint8_t line;      /* where it stands: enum line */
    char name[];       /* the domain, lower case */
};

#define DESTINATIONS_PROVEN 4096

struct destinations {
    struct destination **bucket;
    size_t buckets, n;
    struct lines {
        struct destination *first, *last;
    } line[5];         /* of the proven, the new, the dead, our own domains,
                          and questions for hosts that are still to be put */
    unsigned suspects; /* conversations with the new and the dead */
    unsigned failing;  /* with the dead alone */
    unsigned per_destination, conversations; /* at most, from the settings */
    /* Hashes of names that were reached, also while there is no mail. */
    size_t proven[DESTINATIONS_PROVEN];
};

/* Finds it, or makes it. */
struct destination *destinations_get(struct destinations *d, const char *name);
/* The one that a recipient has, from now on; and no more. */
void destinations_join(struct destination *to, struct rcpt *r);
void destinations_leave(struct destinations *d, struct rcpt *r);

/* A recipient gets ready; taking the first; taking a certain one. */
void destinations_ready(struct destinations *d, struct rcpt *r);
void destinations_unready(struct destinations *d, struct rcpt *r);

/*
 * The destination whose turn it is, with a conversation begun for it; NULL
 * when none can have one.  Its first recipient is the one to begin with.
 */
struct destination *destinations_turn(struct destinations *d);
struct destination *destinations_turn_local(struct destinations *d);
/* A conversation has ended, or came to nothing. */
void destinations_end(struct destinations *d, struct destination *to);
/* Its hosts are to be asked for; taking the first whose are, to ask now. */
void destinations_ask(struct destinations *d, struct destination *to);
struct destination *destinations_asks(struct destinations *d);
/* The question is lost, and to be put again. */
void destinations_ask_again(struct destinations *d, struct destination *to);
/* Its hosts are known now, or said to be not. */
void destinations_answered(struct destinations *d, struct destination *to);
/* May it be in line? Puts it there or takes it away. */
void destinations_line(struct destinations *d, struct destination *to);
/* Others could have a conversation if there were one free. */
bool destinations_others(const struct destinations *d);

#define DESTINATIONS_LOCAL 20 /* jobs at a time for one domain of ours */

/* It was reached; it could not be, and is left alone until a time. */
void destinations_alive(struct destinations *d, struct destination *to);
void destinations_dead(struct destinations *d, struct destination *to,
                       int64_t until, const char *why);
/* At start: the same, as it was written at that time; the latest counts. */
void destinations_seen(struct destinations *d, struct destination *to,
                       int64_t time, bool reached);
bool destinations_is_dead(const struct destination *to, int64_t now);

void destinations_each(const struct destinations *d,
                       void (*call)(struct destination *, void *arg),
                       void *arg);
void destinations_release(struct destinations *d);

#endif
