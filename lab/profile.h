/*
 * How a sender behaves: a small text file, see tarry-profile(5).
 *
 * Pure: text in, structure out.  What the sender then does, attempt by
 * attempt, is lab/sender.h's.
 */
#ifndef TARRY_PROFILE_H
#define TARRY_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_NAME     32
#define PROFILE_TITLE    128
#define PROFILE_TIMES    64            /* in the list */
#define PROFILE_POOL     200           /* addresses, at most */
#define PROFILE_TRIES    100000        /* attempts at one message, at most */
#define PROFILE_TIME     (366 * 86400) /* seconds; no time is longer */
#define PROFILE_PATIENCE 600           /* RFC 5321 §4.5.3.2.6 */

/* Where in the dialogue a reply comes. */
enum step {
    STEP_CONNECT, /* the greeting */
    STEP_EHLO,
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_DOT,
    STEP_COUNT
};

/* What is told apart of replies that are no success. */
enum reply_class {
    CLASS_421,
    CLASS_450,
    CLASS_451,
    CLASS_452,
    CLASS_4XX, /* any other */
    CLASS_5XX,
    CLASS_DROP, /* the connection was lost, or never made */
    CLASS_COUNT,
    CLASS_SUCCESS /* 2xx, 3xx */
};

enum reaction {
    REACT_RETRY,   /* ends the session, comes again as the times say */
    REACT_BOUNCE,  /* gives up at once, and tells who wrote the mail */
    REACT_SILENCE, /* gives up at once, and tells nobody */
    REACT_IGNORE   /* goes on as if it had been a success */
};

enum growth {
    GROWTH_STOP,  /* no attempt after the list */
    GROWTH_EVERY, /* steady, each growth_sec */
    GROWTH_TIMES, /* each wait growth_percent of the one before */
    GROWTH_SQUARE /* retry n at n * n * growth_sec since the first attempt */
};

enum pool {
    POOL_ONE,  /* one address */
    POOL_NEAR, /* all in one /24 */
    POOL_MANY  /* each in a /24 of its own */
};

enum names {
    NAMES_OWN,    /* verified: mail1.DOMAIN */
    NAMES_DIALUP, /* verified, with the address in it */
    NAMES_NONE
};

enum sender_address {
    SENDER_FIXED,
    SENDER_NEW, /* another local part with each attempt */
    SENDER_NULL /* <> */
};

enum mx_choice {
    MX_FIRST, /* always the best */
    MX_ALL,   /* deferred, it tries the others at once, then waits */
    MX_NEXT,  /* each retry turns to the next */
    MX_LAST   /* always the worst */
};

enum mail_kind {
    MAIL_WANTED,
    MAIL_SPAM,
    MAIL_PROBE /* a question, not a message */
};

struct profile {
    char name[PROFILE_NAME]; /* letters, digits, '-', '.' */
    char title[PROFILE_TITLE];
    enum mail_kind mail;
    unsigned weight; /* how many in a mixture, against the others; 10 */
    /*
     * Retries, in seconds: since the first attempt (since_first), or since
     * the one before.  Then it goes on as growth says.
     */
    uint32_t time_sec[PROFILE_TIMES];
    size_t ntimes;
    bool since_first;
    enum growth growth;
    uint32_t growth_sec, growth_percent;
    uint32_t longest_sec;  /* GROWTH_TIMES: no wait is; 0: PROFILE_TIME */
    uint32_t lifetime_sec; /* no attempt later than this; 0: no limit */
    unsigned attempts;     /* in all; 0: no limit but PROFILE_TRIES */
    unsigned at_once;      /* retries without any wait, each time */
    /*
     * As Tarry's own queue: queue/schedule.h decides, with time_sec for its
     * list of waits, and obeys a wait that a reply names.
     */
    bool schedule;
    uint32_t lifetime_null_sec; /* schedule: of a null sender's message */
    uint32_t patience_sec;   /* it waits so long for the reply to its message */
    unsigned jitter_percent; /* each wait is so much longer or shorter */
    enum reaction react[STEP_COUNT][CLASS_COUNT];
    enum reaction at_end; /* REACT_BOUNCE or REACT_SILENCE, all tries used */
    enum step last_step;  /* STEP_RCPT: it leaves after it, STEP_DOT */
    enum pool pool;
    unsigned addresses; /* >= 1; taken in turn, one an attempt */
    enum names names;
    enum sender_address sender;
    enum mx_choice mx;
};

/*
 * Reads the text of a profile that came from the file called file; its last
 * component, without ".profile", is the profile's name.  Returns the caller's
 * to free(), or NULL with every mistake, one a line ("file:line: key: what is
 * wrong"), in err, cut at size.
 */
struct profile *profile_parse(const char *file, const char *text, size_t len,
                              char *err, size_t size);

/* "450" -> CLASS_450; 0 -> CLASS_DROP. */
enum reply_class profile_class(unsigned code);

const char *profile_step_word(enum step step);      /* "rcpt" */
const char *profile_class_word(enum reply_class c); /* "450", "drop" */
const char *profile_reaction_word(enum reaction r); /* "retry" */

#endif
