/*
 * What the files of the client session share; nobody else includes it.
 *
 *   relay_session.c   octets to replies, state, the end
 *   relay_outcome.c   what became of each recipient
 *   relay_hello.c     greeting, EHLO, HELO, STARTTLS, what is offered
 *   relay_envelope.c  RSET, MAIL, RCPT
 *   relay_data.c      DATA, BDAT, the message, the answer to its end
 */
#ifndef TARRY_QUEUE_RELAY_INTERNAL_H
#define TARRY_QUEUE_RELAY_INTERNAL_H

#include "queue/relay_body.h"
#include "queue/relay_reply.h"
#include "queue/relay_session.h"

/* Changed by relay_enter() only. */
enum relay_state {
    RELAY_GREETING,
    RELAY_EHLO,
    RELAY_HELO,
    RELAY_STARTTLS,
    RELAY_HANDSHAKE,
    RELAY_RSET,
    RELAY_ENVELOPE, /* MAIL and RCPT */
    RELAY_DATA,     /* DATA was sent */
    RELAY_MESSAGE,  /* octets of the message are */
    RELAY_DOT,      /* their end was */
    RELAY_DONE,     /* nothing is under way */
    RELAY_QUIT,
    RELAY_CLOSED,
    RELAY_STATES
};

enum extension {
    EXT_PIPELINING = 1,
    EXT_SIZE = 2,
    EXT_8BITMIME = 4,
    EXT_SMTPUTF8 = 8,
    EXT_CHUNKING = 16,
    EXT_DSN = 32,
    EXT_STARTTLS = 64
};

#define RELAY_COMMAND 1280 /* octets of any command at most */
#define RELAY_OUTPUT  (RELAY_BODY_MAX(RELAY_PIECE) + 64)

struct relay_session {
    const struct job *job;
    enum relay_tls_use use;
    struct relay_hooks hooks;
    void *arg;
    enum relay_state state;
    uint64_t progress;
    unsigned extensions; /* enum extension */
    uint64_t size_limit; /* 0: none known */
    bool tls;
    bool reused; /* this is not the first job */
    bool dirty;  /* the server holds a transaction: RSET before MAIL */
    struct reply reply;
    unsigned sent, answered; /* of MAIL, RCPT, RCPT ..., or of chunks */
    bool mail_refused;
    unsigned accepted; /* recipients in state ACCEPTED */
    enum { UNDECIDED, ACCEPTED, TOLD } recipients[JOB_RECIPIENTS];
    struct relay_body body;
    bool failed;
    struct job_result failure;
    size_t out_len;
    char out[RELAY_OUTPUT];
};

/* relay_session.c */
enum relay_want relay_want(const struct relay_session *s);
void relay_enter(struct relay_session *s, enum relay_state state);
void relay_command(struct relay_session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A reply that cannot be: ends the session, with the outcome that is safe. */
void relay_unexpected(struct relay_session *s);

/* relay_outcome.c */
/* One recipient's outcome is the reply just read. */
void relay_tell_reply(struct relay_session *s, unsigned index);
/* The outcome of all who have none: the reply; or in our own words. */
void relay_tell_all(struct relay_session *s);
void relay_tell_all_own(struct relay_session *s, enum job_outcome outcome,
                        const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool relay_told_any(const struct relay_session *s);
/* Ends it for the host's sake, for the reply; or in our own words. */
void relay_fail(struct relay_session *s);
void relay_fail_own(struct relay_session *s, enum job_outcome outcome,
                    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* relay_hello.c: the replies to these; and the first, after the greeting */
void relay_on_greeting(struct relay_session *s);
void relay_on_ehlo(struct relay_session *s);
void relay_on_helo(struct relay_session *s);
void relay_on_starttls(struct relay_session *s);
void relay_say_ehlo(struct relay_session *s);

/* relay_envelope.c */
void relay_begin_job(struct relay_session *s);
void relay_on_rset(struct relay_session *s);
void relay_on_envelope(struct relay_session *s);
/* Writes the commands of the envelope that there is room for. */
void relay_more_envelope(struct relay_session *s);

/* relay_data.c */
void relay_begin_data(struct relay_session *s);
void relay_on_data(struct relay_session *s);
void relay_on_message(struct relay_session *s);
void relay_on_dot(struct relay_session *s);
bool relay_wants_message(const struct relay_session *s);

#endif
