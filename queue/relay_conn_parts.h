/* What relay_conn.c and relay_pump.c share; nobody else includes it. */
#ifndef TARRY_QUEUE_RELAY_CONN_PARTS_H
#define TARRY_QUEUE_RELAY_CONN_PARTS_H

#include "queue/relay_conn.h"
#include "queue/relay_io.h"

struct event;

struct relay_conn {
    const struct job *job;
    struct job_address to;
    int message;
    off_t offset;
    const struct relay_conn_ops *ops;
    void *arg;
    struct relay_io io;
    struct relay_session *session;
    enum relay_want want;
    bool connecting;
    int connect_errno; /* 0: none yet */
    bool deaf;         /* it takes no more octets */
    bool idle, over;
    bool ourselves; /* at the other end */
    uint64_t progress;
    int64_t job_ms, message_ms; /* when they began; 0: not yet */
    uint64_t message_octets;    /* written */
    struct event *readable, *writable, *timer;
};

/* relay_pump.c */
int64_t relay_conn_clock(void); /* ms of a clock that never goes back */
void relay_conn_timer(struct relay_conn *c, enum job_time time);
/* The session ends for a reason of the shell: an enhanced code, and why. */
void relay_conn_lost(struct relay_conn *c, const char *code, const char *why);
/* Reads until there is no more, or the session does not want any. */
void relay_conn_read(struct relay_conn *c);
/* Does what can be done now. May free c. */
void relay_conn_pump(struct relay_conn *c);

/* relay_conn.c: told once, and last: the owner may free us. */
void relay_conn_over(struct relay_conn *c);

#endif
