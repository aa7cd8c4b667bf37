/*
 * What the history says of those who send to us: who came back, who never
 * did, and whose mail was probably wanted and lost.  Pure: attempts in,
 * judgements by the laboratory's rules (lab/verdict.h) out.
 *
 *   senders.c          attempts kept small
 *   senders_group.c    attempts -> messages, judged
 *   senders_clients.c  messages -> clients
 *   senders_lost.c     the lost ones that were probably wanted
 *   senders_exempt.c   the command that lets one of them in
 *   senders_waits.c    waits
 *   senders_print.c, senders_table.c, senders_json.c    all that for readers
 *   senders_main.c     the command
 *
 * A message is all attempts of one sender at one recipient, from whatever
 * address, until one passes or five days are over.  The sender counts in the
 * greylist's normal form (greylist/normal.h), so that VERP and the like do
 * not part what belongs together.  Two exceptions:
 *
 * - The null sender has a message of its own for each client.
 * - Senders of one domain who wrote to the same recipient from the same
 *   client, once each, one after the other between a minute and four hours
 *   later, and none of whom passed: one message whose sender changes.
 *
 * Memory: 40 octets an attempt, 24 a message, 44 a client, and the texts,
 * each once: about 200 MB for a million attempts of strangers all different;
 * bounded by SENDERS_ATTEMPTS and SENDERS_TEXT.
 */
#ifndef TARRY_CTL_SENDERS_H
#define TARRY_CTL_SENDERS_H

#include "ctl/texts.h"
#include "greylist/history.h"
#include "lab/verdict.h"

#define SENDERS_ATTEMPTS 4000000
#define SENDERS_TEXT     (512u * 1024 * 1024)
#define SENDERS_LIFETIME (5 * 86400)

struct tried { /* texts by their numbers */
    uint32_t time, waited_sec;
    uint32_t address, identity, helo, sender, normal, recipient;
    uint16_t reply;
    uint8_t decision;
    bool passed;
};

enum message_state {
    MESSAGE_AT_ONCE,   /* passed with the first attempt */
    MESSAGE_WAITED,    /* passed after a wait */
    MESSAGE_UNDECIDED, /* it may still come back */
    MESSAGE_LOST,      /* it will not */
    MESSAGE_STATES
};

struct message {
    uint32_t first, n;   /* order[first] and so on are its attempts */
    uint32_t identity;   /* it counts for: which passed, or came first */
    uint32_t waited_sec; /* from the first attempt to the one that passed */
    uint16_t faults;     /* bits, by enum fault */
    uint8_t state;
    bool old;      /* was over before the time that is asked for */
    bool resolved; /* lost, but a later one of the same two passed */
};

struct client {
    uint32_t identity;
    uint32_t first, n; /* messages */
    uint32_t earned;   /* of them: passed after a wait, or as regulars */
    /* Of those that are not old: */
    uint32_t shown, count[MESSAGE_STATES];
    uint32_t last; /* attempt */
    bool wanted;   /* it is among the lost ones below */
};

/* Why a message was lost, and why it was probably wanted; bits. */
enum why {
    WHY_EARLY = 1 << 0,        /* came back too early, and never again */
    WHY_ELSEWHERE = 1 << 1,    /* came back from another network */
    WHY_OTHER_SENDER = 1 << 2, /* came back with another sender */
    WHY_LATE = 1 << 3,         /* came back when the window was over */
    WHY_NEVER = 1 << 4,        /* never came back */
    WHY_VERIFIED = 1 << 5,     /* a verified name, and no dial-up line's */
    WHY_OWN_DOMAIN = 1 << 6,   /* which is the sender's domain */
    WHY_CLIENT = 1 << 7,       /* other mail of the client passed */
    WHY_SENDER = 1 << 8,       /* other mail of the sender passed */
    WHY_DOMAIN = 1 << 9,       /* other mail of the sender's domain passed */
    WHY_RECIPIENT = 1 << 10,   /* even to this recipient */
    WHY_SEVERAL = 1 << 11,     /* several messages to several recipients */
    WHY_HELO = 1 << 12         /* it calls itself by a host name */
};

#define LOST_LIKELY   6
#define LOST_POSSIBLE 4
struct lost {
    uint32_t client, message; /* the one that tells most */
    int score;                /* at least LOST_POSSIBLE */
    unsigned why;
    uint32_t messages, recipients; /* lost to this client */
};

struct senders_question {
    int64_t since, now;
    uint32_t delay_sec, window_sec, auto_allow;
};

struct senders {
    struct senders_question q;
    struct texts *texts;
    uint32_t null; /* "<>" */
    struct tried *tried;
    uint32_t ntried, room;
    uint32_t *order;
    uint32_t norder;
    struct message *messages; /* in the order of their clients */
    uint32_t nmessages, messages_room;
    struct client *clients; /* those with the most messages first */
    uint32_t nclients;
    struct lost *lost; /* the most probable first */
    uint32_t nlost;
    uint32_t *waits; /* of those that waited, sorted */
    uint32_t nwaits;
    uint32_t count[MESSAGE_STATES]; /* of messages that are not old */
    uint32_t attempts, since;       /* of them; the time of the first */
    uint32_t stamp;                 /* senders_values() */
};

struct senders *senders_new(void);
void senders_release(struct senders *s); /* frees it */

/* Adds one, in the order of the history. False: no room for it. */
bool senders_add(struct senders *s, const struct attempt *a);
/*
 * After all attempts: this client is free as a whole now, so nothing need be
 * done for it.
 */
void senders_add_free(struct senders *s, const char *identity);

bool senders_is_free(const struct senders *s, uint32_t identity);

/* All is added: judges it. */
void senders_judge(struct senders *s, const struct senders_question *q);

/* The next steps of it. */
void senders_group(struct senders *s);
void senders_count(struct senders *s);
void senders_find_lost(struct senders *s);

/* For all of these. */
struct place {
    uint64_t key, sub;
    uint32_t index;
};
void senders_sort(struct place *p, size_t n);
const char *senders_text(const struct senders *s, uint32_t text);
const struct tried *senders_try(const struct senders *s,
                                const struct message *m, uint32_t i);
/* A domain, "" for the null sender; from then on it is a text of its own. */
uint32_t senders_domain(struct senders *s, uint32_t sender);
/* A client known by a verified name. */
bool senders_is_name(const char *identity);

/* How many messages of a client, not old, each verdict applies to. */
void senders_faults(const struct senders *s, const struct client *c,
                    uint32_t out[FAULT_COUNT]);

/* How long percent of the waits were at most; 0 for none. */
uint32_t senders_wait(const uint32_t *sorted, uint32_t n, unsigned percent);
/* The waits of a client, sorted, the caller's to free. */
uint32_t *senders_waits(const struct senders *s, const struct client *c,
                        uint32_t *n);
void senders_sort_waits(uint32_t *waits, uint32_t n);

#define SENDERS_CLASSES 11
extern const uint32_t senders_classes[SENDERS_CLASSES]; /* upper ends */
/* How many waits are below each upper end and not below the one before. */
void senders_classify(const struct senders *s, uint32_t out[SENDERS_CLASSES]);

/*
 * Different texts of a client's attempts that are not old, the offset being
 * that of a text in struct tried: up to max of them into out, the first seen
 * first.  Returns how many there are.
 */
uint32_t senders_values(struct senders *s, const struct client *c,
                        size_t offset, uint32_t max, uint32_t *out);

#define EXEMPT_NETWORKS 4
#define EXEMPT_TEXT     4096
/*
 * The command that lets the lost one's mail in, behind the words that begin a
 * command ("tarryctl -s SOCKET", already fit for a shell).  False when none
 * can.
 */
bool senders_exempt(const struct senders *s, const struct lost *l,
                    const char *tarryctl, char out[EXEMPT_TEXT]);

struct senders_reader {
    const char *tarryctl;
    bool all;
    bool observing; /* nothing is refused */
    bool empty;     /* there is no history at all */
};
void senders_print(struct senders *s, const struct senders_reader *r);
/* Nothing of it ever got through, nor looks as if it should have. */
bool senders_is_bot(const struct client *c);
void senders_table(struct senders *s, const struct senders_reader *r);
void senders_json(struct senders *s, const struct senders_reader *r);

#endif
