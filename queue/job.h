/*
 * A job: one message for one destination, as queue gives it to relay, and
 * what relay says became of each recipient.  Pure: structures to payloads of
 * messages and back.
 *
 *   queue: JOB (fd)          relay: DOT?, RESULT for each recipient, JOB_DONE
 *   queue: JOB or END ...
 *
 * RESULTs come as soon as they are known, in any order, each index once; none
 * is missing when JOB_DONE comes.  A relay that dies before owes the rest:
 * they are to be retried, and if DOT had come, perhaps as duplicates.
 */
#ifndef TARRY_QUEUE_JOB_H
#define TARRY_QUEUE_JOB_H

#include "lib/address.h"
#include "lib/dsn_words.h"
#include "lib/msg.h"
#include "lib/netaddr.h"

#define JOB_ADDRESSES  16
#define JOB_RECIPIENTS 100 /* RFC 5321 §4.5.3.1.8: what any server takes */
#define JOB_HOST       256
#define JOB_REPLY      4096

enum job_flags {
    JOB_TLS_REQUIRED = 1, /* TLS or nothing */
    JOB_TLS_VERIFIED = 2, /* and the certificate is that of the host */
    JOB_8BIT = 4,         /* there are octets above 127 in the body */
    JOB_UTF8 = 8,         /* SMTPUTF8: in an address, or in the header */
    JOB_RET_FULL = 16,    /* RET= was given with MAIL */
    JOB_RET_HDRS = 32
};

/* How long to wait for what (RFC 5321 §4.5.3.2). */
enum job_time {
    TIME_CONNECT,
    TIME_GREETING, /* 5 min */
    TIME_HELLO,    /* EHLO, HELO, STARTTLS, RSET, QUIT, and the handshake */
    TIME_MAIL,     /* 5 min */
    TIME_RCPT,     /* 5 min */
    TIME_DATA,     /* 2 min: until 354 */
    TIME_BLOCK,    /* 3 min: for room for more of the data */
    TIME_DOT,      /* 10 min */
    TIME_ENVELOPE, /* all until 354 together; 30 min */
    TIME_COUNT
};

struct job {
    unsigned flags; /* enum job_flags */
    uint64_t size;  /* octets of the file; in relay, on the wire */
    unsigned times_ms[TIME_COUNT];
    unsigned minimum_rate;  /* octets a second of what we send; 0: any */
    char helo[JOB_HOST];    /* our name */
    struct netaddr source4; /* where to connect from; family 0: any */
    struct netaddr source6;
    char sender[ADDRESS_TEXT]; /* "" is the null sender */
    char envid[DSN_ENVID];     /* xtext as it came, "" for none */
    unsigned naddresses;
    struct job_address {
        char host[JOB_HOST]; /* name: for the certificate, and the log */
        struct netaddr address;
        unsigned short port;
    } addresses[JOB_ADDRESSES]; /* to try, the best first */
    unsigned first;             /* the index to begin with */
    unsigned nrecipients;
    struct job_recipient {
        char address[ADDRESS_TEXT];
        unsigned notify;       /* enum dsn_notify */
        char orcpt[DSN_ORCPT]; /* "rfc822;..." as it came, "" for none */
    } recipients[JOB_RECIPIENTS];
};

/* The times of RFC 5321, and 30 s to connect. */
void job_times_default(unsigned times_ms[TIME_COUNT]);

/*
 * The address behind those of that host, where the last attempt ended; where
 * there is one host only, another address each time.  0 if it is not known.
 */
unsigned job_behind(const struct job *j, const char *host, unsigned attempts);

/* More than fits sets o->overflow. */
void job_put(struct msg_out *o, const struct job *j);
/* False when it is malformed, or has no address or no recipient. */
bool job_get(struct msg_in *in, struct job *j);

enum job_outcome {
    OUTCOME_DELIVERED, /* the server has taken it on */
    OUTCOME_DEFERRED,
    OUTCOME_REFUSED,
    OUTCOME_UNKNOWN /* lost after the dot: to be retried, perhaps twice there */
};

/* Where it was decided. */
enum job_step {
    STEP_CONNECT,
    STEP_GREETING,
    STEP_HELLO, /* EHLO or HELO */
    STEP_STARTTLS,
    STEP_TLS, /* the handshake */
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA, /* DATA or BDAT, and all of the message but its end */
    STEP_DOT,
    STEP_COUNT
};

enum job_result_flags {
    RESULT_REMOTE = 1, /* reply is what the server said; else our own words */
    RESULT_TLS = 2,    /* said inside TLS */
    RESULT_DSN = 4     /* the server took on NOTIFY: success is its to report */
};

struct job_result {
    unsigned index; /* in job.recipients */
    enum job_outcome outcome;
    enum job_step step;
    unsigned flags;      /* enum job_result_flags */
    char host[JOB_HOST]; /* "" if none was reached */
    struct netaddr address;
    /*
     * RESULT_REMOTE: all lines as they came, '\n' between them, printable
     * ASCII only. Otherwise "4.4.1 Connection refused".
     */
    char reply[JOB_REPLY];
};

void job_result_put(struct msg_out *o, const struct job_result *r);
bool job_result_get(struct msg_in *in, struct job_result *r);

/* "connect", "greeting" ... for the log; "delivered" ... */
const char *job_step_name(enum job_step step);
const char *job_outcome_name(enum job_outcome outcome);

#endif
