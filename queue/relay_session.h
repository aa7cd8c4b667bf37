/*
 * One outgoing SMTP session, as a pure function (RFC 5321 and what the server
 * offers of SIZE, 8BITMIME, SMTPUTF8, PIPELINING, CHUNKING, DSN, STARTTLS):
 * octets of the server go in, commands and wants come out.  It knows no
 * descriptor, no loop and no clock.
 *
 * Every call that moves the session returns what it wants next:
 *
 *   RELAY_READ   relay_session_output() written as far as possible, and
 *                whatever comes given to relay_session_input()
 *   RELAY_BODY   the same, and when all output is written, the next octets of
 *                the message: relay_session_body()
 *   RELAY_TLS    all output written, nothing more read, then a handshake:
 *                relay_session_tls(), or relay_session_lost() if it fails
 *   RELAY_IDLE   the job is done: relay_session_job() or relay_session_quit()
 *   RELAY_CLOSE  all output written if that goes at once, and the connection
 *                closed.  The job is done too; see relay_session_failure()
 *
 * What became of the recipients is told by the result hook, each once.
 */
#ifndef TARRY_QUEUE_RELAY_SESSION_H
#define TARRY_QUEUE_RELAY_SESSION_H

#include "queue/job.h"

/* Octets to give to relay_session_body() at most. */
#define RELAY_PIECE (32 * 1024)

enum relay_want { RELAY_READ, RELAY_BODY, RELAY_TLS, RELAY_IDLE, RELAY_CLOSE };

/* What of TLS to use; what is required, the job says. */
enum relay_tls_use {
    RELAY_TLS_OFFERED, /* when it is offered */
    RELAY_TLS_NEVER    /* it was tried, and failed */
};

struct relay_session;

struct relay_hooks {
    /* One recipient's outcome. host and address are the caller's to fill. */
    void (*result)(void *arg, const struct job_result *r);
    /* The end of the message is in the output now. */
    void (*dot)(void *arg);
};

/* The server is connected and has yet to greet. job must live until the end. */
struct relay_session *relay_session_new(const struct job *job,
                                        enum relay_tls_use use,
                                        const struct relay_hooks *hooks,
                                        void *arg);
void relay_session_free(struct relay_session *s); /* NULL is fine */

/* The first call; and the next message, after RELAY_IDLE. */
enum relay_want relay_session_start(struct relay_session *s);
enum relay_want relay_session_job(struct relay_session *s,
                                  const struct job *job);

/* Octets that came. All are used, or the session ends. */
enum relay_want relay_session_input(struct relay_session *s, const char *buf,
                                    size_t len);

/* Octets to be written, in order; and how many of them were. */
const char *relay_session_output(const struct relay_session *s, size_t *len);
enum relay_want relay_session_written(struct relay_session *s, size_t n);

/* Octets of the message; last says that it ends behind them. */
enum relay_want relay_session_body(struct relay_session *s, const char *buf,
                                   size_t len, bool last);

/* The handshake is done. */
enum relay_want relay_session_tls(struct relay_session *s);

/*
 * The connection is gone, or shall be: why, as "4.4.2 Connection lost".
 * Fine at any time; answers RELAY_CLOSE.
 */
enum relay_want relay_session_lost(struct relay_session *s, const char *why);

/* QUIT, then RELAY_READ until the server closes or answers (RELAY_CLOSE). */
enum relay_want relay_session_quit(struct relay_session *s);

/*
 * What made the session useless before the end of the message, as a result
 * for all recipients (index 0), none of whom was told one: the next address
 * may be better.  NULL when it came further, or is not over.
 */
const struct job_result *relay_session_failure(const struct relay_session *s);

/* Which limit of time the session is under now. */
enum job_time relay_session_time(const struct relay_session *s);
/* Changes when that limit begins anew: a reply came, or data could go. */
uint64_t relay_session_progress(const struct relay_session *s);

/* Where it stands, for the log. */
enum job_step relay_session_step(const struct relay_session *s);
bool relay_session_has_tls(const struct relay_session *s);

#endif
