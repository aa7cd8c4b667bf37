/*
 * One SMTP session, as a pure function (RFC 5321 and the extensions that the
 * reply to EHLO lists): octets of the client and answers of the house go in,
 * replies and wants come out.  It knows no descriptor, no loop and no clock.
 *
 * Every call that moves the session returns what it wants next.  The shell
 * does that, and calls back:
 *
 *   WANT_INPUT    more octets: session_input(), when there are some
 *   WANT_FLUSH    room for replies: write session_output(), then
 *                 session_input() with what was not yet used
 *   WANT_CHECK    is session_recipient() known?     -> session_checked()
 *   WANT_VERDICT  may it be delivered now?          -> session_verdict()
 *   WANT_OPEN     a place for the message           -> session_opened()
 *   WANT_WRITE    session_body() written to it      -> session_written()
 *   WANT_COMMIT   it durable and visible            -> session_committed()
 *   WANT_ABORT    that place given up               -> session_aborted()
 *   WANT_TLS      all output written, all input not yet used thrown away,
 *                 then a TLS handshake              -> session_tls()
 *   WANT_CLOSE    all output written, then the connection closed
 *
 * Until the call named is made, session_input() must not be.  Replies gather
 * in session_output() meanwhile, in order.
 */
#ifndef TARRY_SESSION_H
#define TARRY_SESSION_H

#include "lib/address.h"
#include "lib/msg.h"
#include "lib/netaddr.h"
#include "smtpd/params.h"

#include <time.h>

/* A command line, CRLF included; RFC 5321 §4.5.3.1.4 wants 512 at least. */
#define SESSION_LINE 2048
/* Octets of session_output() at most. */
#define SESSION_OUTPUT 4096
/* Octets of all recipients of a transaction, ORCPT included, at most. */
#define SESSION_RECIPIENTS (60u * 1024)

enum want {
    WANT_INPUT,
    WANT_FLUSH,
    WANT_CHECK,
    WANT_VERDICT,
    WANT_OPEN,
    WANT_WRITE,
    WANT_COMMIT,
    WANT_ABORT,
    WANT_TLS,
    WANT_CLOSE
};

/* What of the settings a session obeys. Must outlive the session. */
struct session_limits {
    char hostname[256];
    uint64_t message;    /* octets; announced by SIZE */
    unsigned recipients; /* a transaction; announced by LIMITS */
    unsigned errors;     /* 5xx replies, then 421 */
    unsigned received;   /* Received fields: a loop above it */
    bool starttls;       /* there is a certificate */
    bool dsn;            /* RFC 3461 is offered */
};

/* The verdict on a recipient that exists (greylisting has its seat here). */
struct verdict {
    enum judged judged;
    /* Not JUDGED_PASS: lines "450 4.7.1 text", '\n' between several. */
    char reply[1024];
    /* JUDGED_PASS: header fields for the message, each ending in '\n'. */
    char header[512];
};

struct session;

/*
 * A session of a client. id is its name in the log and in Received, 1 to 31
 * printable characters. implicit_tls: the shell has made TLS already.
 */
struct session *session_new(const struct session_limits *limits,
                            const struct netaddr *client, const char *id);
void session_free(struct session *s); /* NULL is fine */

/* The first call: the greeting (220). */
enum want session_start(struct session *s);

/*
 * Reads octets. Stops behind the first one that makes it want something;
 * *used says how many it took (0 is possible: the rest of a line is missing;
 * up to SESSION_LINE octets must be kept by the caller).  buf is changed in
 * place while it holds message data, and is not the caller's to touch while
 * WANT_WRITE stands: session_body() lies in it.
 */
enum want session_input(struct session *s, char *buf, size_t len, size_t *used);

/* Replies to be written, in order; and how many octets of them were. */
const char *session_output(const struct session *s, size_t *len);
void session_output_written(struct session *s, size_t n);

/* WANT_CHECK, WANT_VERDICT: the recipient in question, and what came along. */
const struct address *session_recipient(const struct session *s);
const struct rcpt_params *session_recipient_params(const struct session *s);
enum want session_checked(struct session *s, enum checked checked);
enum want session_verdict(struct session *s, const struct verdict *v);

/* A recipient that was accepted. */
struct accepted {
    const char *local, *domain;
    unsigned notify;   /* enum dsn_notify; 0: not given */
    const char *orcpt; /* "" for none */
};

/*
 * WANT_OPEN: for whom. The sender (null: local and domain ""), what came
 * along with it, and the accepted recipients, i from 0 to count - 1.
 */
const char *session_transaction_id(const struct session *s);
const struct address *session_sender(const struct session *s);
const struct mail_params *session_params(const struct session *s);
size_t session_recipient_count(const struct session *s);
struct accepted session_recipient_at(const struct session *s, size_t i);
/*
 * The place is there, or why not.  name is the client's verified host name or
 * NULL, now the time: both for the Received field (§4.4), which is the first
 * that session_body() yields.
 */
enum want session_opened(struct session *s, enum stored stored,
                         const char *name, time_t now);

/* WANT_WRITE: octets to write, valid until session_written(). */
const char *session_body(const struct session *s, size_t *len);
enum want session_written(struct session *s, enum stored stored);
/* WANT_COMMIT, WANT_ABORT. */
enum want session_committed(struct session *s, enum stored stored);
enum want session_aborted(struct session *s);

/*
 * TLS is up: version and cipher as they go into Received ("TLSv1.3",
 * "TLS_AES_256_GCM_SHA384"). After WANT_TLS, or before session_start() for a
 * listener with TLS from the first octet.
 */
enum want session_tls(struct session *s, const char *version,
                      const char *cipher);

/*
 * The shell ends it: 421 with the text given ("4.4.2 Timeout"), once, then
 * WANT_CLOSE, or first WANT_ABORT.  Fine at any time, also while something
 * is wanted; that answer must then not be given any more.
 */
enum want session_end(struct session *s, const char *text);

/* True from MAIL's success on: a stop waits for the end of DATA only. */
bool session_in_transaction(const struct session *s);
/* True while message data are being read. */
bool session_in_data(const struct session *s);

/* True while a line that is too long is thrown away: its octets lead nowhere.
 */
bool session_in_long_line(const struct session *s);

/* Why the session wants to close: "quit", or the text behind its 421. */
const char *session_ending(const struct session *s);

/* The name given with EHLO or HELO, "" before it. */
const char *session_helo(const struct session *s);
/* "SMTP", "ESMTP", "ESMTPS", "UTF8SMTP", "UTF8SMTPS" (RFC 3848, RFC 6531) */
const char *session_protocol(const struct session *s);

/* Octets of memory that one session can hold at most, with limits l. */
size_t session_memory(const struct session_limits *l);

/* What the log wants to know, told as it happens. */
struct session_event {
    enum { EVENT_RCPT, EVENT_MESSAGE } kind;
    const char *reply; /* what was answered, without CRLF */
    const char *id;    /* EVENT_MESSAGE: the transaction's */
    uint64_t octets;   /* EVENT_MESSAGE: received, as RFC 1870 counts */
};
/* For EVENT_RCPT, session_recipient() is the recipient ("" if unreadable). */
void session_on_event(struct session *s,
                      void (*hook)(void *arg, const struct session_event *),
                      void *arg);

#endif
