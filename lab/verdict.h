/*
 * How a sender retried, judged by RFC 5321 §4.5.4.1, §5.1 and by what a
 * greylisting receiver expects of it (RFC 6647 §5).  Pure: what was seen of
 * one message at one recipient in, a verdict with the attempts that show it
 * out.
 */
#ifndef TARRY_LAB_VERDICT_H
#define TARRY_LAB_VERDICT_H

#include "lab/seen.h"

/*
 * By what is judged, in seconds of the sender's clock.  RFC 6647 §5: retries
 * come after a minute to a day, and then with the next run of a queue.  RFC
 * 5321 §4.5.4.1: for four to five days, in a queue that had the message before
 * we saw it.
 */
#define VERDICT_SOONEST (60)
#define VERDICT_LATEST  (25 * 3600)
#define VERDICT_FIRST   (4 * 3600) /* the first retry comes within this */
#define VERDICT_HOUR    12         /* attempts in an hour at most */
#define VERDICT_GIVE_UP (4 * 86400 - 3600)
#define VERDICT_MX      (3600) /* the preferred host was tried in this */

/* Gravest first. */
enum fault {
    FAULT_PERMANENT,   /* takes a 4xx for a 5xx: told its user of failure */
    FAULT_SILENT,      /* gave up, and told nobody */
    FAULT_NO_RETRY,    /* never came back; whether it told cannot be seen */
    FAULT_EARLY,       /* gave up before its time */
    FAULT_IGNORES,     /* sends the message although no recipient was taken */
    FAULT_RETRIES_5XX, /* came back after a 5xx */
    FAULT_DUPLICATE,   /* sends again what was accepted */
    FAULT_EAGER,
    FAULT_SLOW,
    FAULT_MX,      /* goes to a worse host without having tried the best */
    FAULT_SENDER,  /* changes the reverse-path: a stranger each time */
    FAULT_ADDRESS, /* comes from another network: the same */
    FAULT_COUNT
};

enum ending {
    ENDING_WAITING, /* it may still come back */
    ENDING_ACCEPTED,
    ENDING_REFUSED, /* by a 5xx */
    ENDING_ASKED,   /* left when its recipient was taken, with no message */
    ENDING_GIVEN_UP /* by the sender */
};

/* One message: what was seen of it, oldest first, reports included. */
struct verdict_case {
    const struct seen *const *v;
    size_t n;
    double speed;      /* a second here is so many of the sender's */
    bool sees_reports; /* had its user been told, we would have seen it */
    double asked_sec;  /* it was told to wait so long; 0: not known */
    int64_t now_ms;    /* the end of the observation */
    const struct seen_gap *gaps; /* in it */
    size_t ngaps;
};

#define VERDICT_CITED 4
struct finding {
    enum fault fault;
    size_t cited[VERDICT_CITED]; /* indices into v */
    size_t n;
};

struct sender_verdict {
    enum ending ending;
    size_t attempts; /* reports left out */
    double took_sec; /* from the first to the last, or its acceptance */
    struct finding findings[FAULT_COUNT];
    size_t n;
};

void verdict_judge(const struct verdict_case *c, struct sender_verdict *out);

/* "conforming", "only-asks", "undecided", or the gravest finding's word. */
const char *verdict_word(const struct sender_verdict *v);
const char *verdict_ending_word(enum ending e);

/* What is to be said of a fault. */
struct fault_text {
    const char *word, *meaning;
    const char *rule;   /* where that is written */
    const char *advice; /* to the sender's administrator */
};
extern const struct fault_text fault_texts[FAULT_COUNT];

/*
 * Which of a list belong to the message of v[i]: the same recipient, up to
 * another message after an acceptance.  Writes their indices, at most l->n;
 * taken[] marks those of earlier messages and these.  Returns how many.
 */
size_t verdict_gather(const struct seen_list *l, size_t i, bool *taken,
                      const struct seen **out);

#endif
