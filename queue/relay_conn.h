/*
 * A connection to one address of a job, with the session on it: the shell
 * that owns the socket, TLS, the times, and the reading of the message.
 */
#ifndef TARRY_QUEUE_RELAY_CONN_H
#define TARRY_QUEUE_RELAY_CONN_H

#include "queue/relay_session.h"

struct relay_conn;
struct event_base;

struct relay_conn_ops {
    /* One recipient's outcome; host and address are filled in. */
    void (*result)(void *arg, const struct job_result *r);
    /* The end of the message is about to be written. */
    void (*dot)(void *arg);
    /* All results are told; the session can take another job. */
    void (*idle)(void *arg);
    /*
     * The connection is closed; relay_conn_free() is due.  failure is not
     * NULL when no recipient of the job was told a result: why.
     */
    void (*over)(void *arg, const struct job_result *failure);
};

/*
 * Octets of the message as RFC 1870 §3 counts them: line ends are CRLF, dots
 * are not doubled.  What cannot be read counts nothing: sending it will fail.
 */
uint64_t relay_conn_size(int message);

/*
 * Connects; all else is told by ops, from the loop.  job and message (the
 * descriptor of the message; read at offsets, never closed here) are
 * to live until idle() or over().
 */
struct relay_conn *relay_conn_new(struct event_base *base,
                                  const struct job *job, int message,
                                  const struct job_address *to,
                                  enum relay_tls_use use,
                                  const struct relay_conn_ops *ops, void *arg);
void relay_conn_free(struct relay_conn *c); /* NULL is fine */

/* After idle(): another job, or QUIT (then over()). */
void relay_conn_job(struct relay_conn *c, const struct job *job, int message);
void relay_conn_quit(struct relay_conn *c);

/* Ends it now, with an outcome for all who have none; then over(). */
void relay_conn_abandon(struct relay_conn *c, const char *why);

/* It failed because it came out at our own smtpd. */
bool relay_conn_ourselves(const struct relay_conn *c);

const struct job_address *relay_conn_address(const struct relay_conn *c);
bool relay_conn_tls(const struct relay_conn *c);

#endif
