/*
 * smtpd's own state, shared by its files: settings in force, listeners,
 * connections, and the channels to the house.
 *
 *   main.c    settings in, sandbox, start, stop
 *   server.c  listeners, accepting, limits before a session, the clock
 *   conn.c    one connection, from its beginning to its end
 *   step.c    moves its octets, does what its session wants
 *   deadline.c  what takes too long
 *   places.c  where a message is stored, here and in the queue
 *   handover.c  what deliver and queue are told of it
 *   routes.c  which of its recipients stay, and which leave
 *   house.c   the questions to deliver, greylist and resolver, and answers
 *   record.c  what goes into the log and the counters
 *   remote_key.c, signatures.c  TLS with keys that signer has
 */
#ifndef TARRY_SERVER_H
#define TARRY_SERVER_H

#include "lib/child.h"
#include "smtpd/clients.h"
#include "smtpd/io.h"
#include "smtpd/routes.h"
#include "smtpd/session.h"
#include "smtpd/tls.h"

#define CONN_INPUT 16384

/* Connections at most, whatever limits.connections says. */
#define CONN_MAX 65536

/* The data of a message: since when they come, and how many octets. */
struct pace {
    time_t since;
    uint64_t octets;
};

/* What was configured, kept until the last session under it is over. */
struct settings {
    unsigned users;
    struct conf *conf;
    struct session_limits limits;
    struct tls *tls; /* NULL: no certificate */
};

struct server {
    struct child *child;
    struct settings *settings;
    struct clients *clients;
    size_t nlisteners;
    struct listener {
        struct server *server;
        struct event *event;
        int fd;
        bool tls;
    } listeners[SETUP_LISTENERS];
    bool paused;    /* out of descriptors: not accepting */
    time_t stopped; /* when we were told to stop, or 0 */
    struct event *tick;
    unsigned connections;
    struct conn **table; /* CONN_MAX of them, by id % CONN_MAX */
    struct conn *first;  /* all connections */
    uint64_t last_id;
    /* NULL while they are down. */
    struct chan *deliver, *resolver, *greylist, *queue;
};

/* One connection. All times are monotonic seconds. */
struct conn {
    struct server *server;
    struct settings *settings;
    struct conn *next, **link;
    struct event *event;
    struct event *turn; /* NULL until it had to wait for one */
    unsigned reads;     /* in this turn */
    struct io io;
    uint64_t id;
    struct netaddr client, network;
    char sid[16];
    char name[256]; /* verified, or "" */
    enum { NAME_ASKED, NAME_KNOWN } name_state;
    struct session *session;
    enum want want;
    /* Bits 1 << enum program. */
    unsigned asked;     /* whose answer is awaited */
    unsigned opened;    /* who has a place for us */
    bool place_lost;    /* who had one died with it */
    bool verdict_late;  /* greylist owes an answer that nobody awaits */
    enum stored stored; /* how the places fared */
    struct routes routes;
    bool handshaking; /* TLS */
    bool lingering;   /* all said: waiting for the client to close */
    int body, spool;  /* where the message goes at deliver, queue; or -1 */
    uint64_t written, spooled; /* octets of it, to each */
    bool header_only;          /* queue needs no more of it */
    char header_last;          /* octet that queue got */
    time_t since, progress, ending_since;
    struct pace pace;     /* of its data */
    time_t judging_since; /* when greylist was asked */
    unsigned messages;
    const char *ending; /* why it ended, for the log */
    size_t in_start, in_len;
    char in[CONN_INPUT];
};

/* server.c */
time_t server_now(void);
void server_listen(struct server *s, struct setup *setup);
void server_start(struct server *s);
void server_stop(struct server *s);
void settings_release(struct settings *s);

/* conn.c: takes fd over; NULL when there is no memory for an event */
struct conn *conn_new(struct server *s, int fd, const struct netaddr *client,
                      const struct netaddr *network, bool tls);
void conn_free(struct conn *c);

/* step.c: does all that can be done now; c may be gone then */
void conn_pump(struct conn *c);
/* The client's handshake comes next. False when there is no memory. */
bool conn_begin_tls(struct conn *c);

/* deadline.c */
void conn_tick(struct conn *c, time_t now);
/*
 * Octets were used: was and is tell whether the session was in data before them
 * and is now.  Time before the data is not theirs.
 */
void pace_take(struct pace *p, bool was, bool is, size_t octets, time_t now);
/* Whether they come below a rate, octets/s. */
bool pace_is_slow(const struct pace *p, time_t now, unsigned rate);
/* 421 and the end, unless it waits for its message to be made durable. */
void conn_end(struct conn *c, const char *text, const char *why);

/* house.c */
void house_peer(struct server *s, enum program peer, int fd);
void house_name(struct conn *c);
void house_check(struct conn *c);
void house_judge(struct conn *c);
/* Greylist takes too long: nobody waits for it. */
void house_pass(struct conn *c);
struct conn *house_find(struct server *s, uint64_t id);

/* places.c: what the session wants of its places, and what they answer. */
void places_open(struct conn *c);
enum stored places_write(struct conn *c);
void places_commit(struct conn *c);
void places_abort(struct conn *c);
void places_opened(struct conn *c, enum program program, enum stored stored,
                   int fd);
void places_committed(struct conn *c, enum program program, enum stored stored);
void places_gone(struct conn *c, enum program program);

/* record.c */
void record_event(void *conn, const struct session_event *e);
void record_connection(const struct conn *c, time_t now);
void record_refusal(const struct netaddr *client, const char *why);
void record_sid(uint64_t id, char *out, size_t size);

#endif
