/*
 * What the files of "tarrylab receive" share; nobody else includes it.
 *
 *   receive.c        options, listeners, the end
 *   receive_conn.c   a connection: the pure session and what it wants
 *   receive_house.c  the answers of the house, which are ordered
 *   book.c           recipients and their attempts; the record
 */
#ifndef TARRY_LAB_RECEIVE_H
#define TARRY_LAB_RECEIVE_H

#include "lab/content.h"
#include "lab/orders.h"
#include "lab/seen.h"
#include "smtpd/session.h"

#include <event2/event.h>

/* A recipient that somebody has sent to. */
struct guest {
    char address[ADDRESS_TEXT];
    struct order order;
    unsigned attempts;
    int64_t first_ms;
    bool tls_fails; /* for this client, until it comes without TLS */
    struct netaddr client;
};

struct book {
    struct seen_list seen;
    struct guest **guests;
    size_t n, room;
    FILE *record;   /* or NULL */
    bool failed;    /* to write it */
    FILE *timeline; /* or NULL */
};

int64_t book_now_ms(void);
/* Finds it, or makes it. */
struct guest *book_guest(struct book *b, const char *address);
/* Whose TLS is to fail from there, or NULL. */
struct guest *book_tls_fails(struct book *b, const struct netaddr *client);
/* One more attempt at it, from its RCPT on; was it refused for the moment? */
void book_attempt(struct guest *g, const struct seen *s, bool refused);
/* Writes an attempt down, and tells it. */
void book_enter(struct book *b, const struct seen *s);
/* A message to a sender: what its reports say of earlier attempts. */
void book_reports(struct book *b, const struct seen *s,
                  const struct content *c);
/*
 * Opens the record, and goes on where it ended. NULL, or what is wrong.
 */
const char *book_open(struct book *b, const char *path, unsigned *line);
void book_close(struct book *b);

struct trap {
    struct event_base *base;
    struct book book;
    char hostname[256];
    struct guest_conn *connections;
};

/* An attempt under way: one recipient of the transaction. */
struct draft {
    struct guest *guest;
    struct seen seen; /* its recipient and sender lie in the draft */
    char recipient[ADDRESS_TEXT], sender[ADDRESS_TEXT], reply[512];
    bool accepted; /* by RCPT */
    bool stands;   /* the order: it is treated so */
};

#define DRAFTS 100 /* the session takes no more recipients */

enum pace { PACE_NONE, PACE_SLOW, PACE_TARPIT };

struct guest_conn {
    struct trap *trap;
    unsigned mx;
    struct netaddr client;
    struct session_limits limits;
    struct session *session;
    struct content content;
    char transaction[48];
    struct draft *drafts[DRAFTS];
    size_t n;
    bool refused_data; /* DATA came though no recipient was taken */
    bool insists;      /* and the message behind it */
    enum pace pace;
    unsigned pace_sec;
    struct guest *tls_fails; /* it is offered TLS for this one */
    struct conn_io *io;      /* receive_conn.c's */
    struct guest_conn *next, **link;
};

/* Answers what the session wants of the house. Not for the others. */
enum want house_answer(struct guest_conn *c, enum want want);
/* Replies that are about to be written. */
void house_replies(struct guest_conn *c, const char *text, size_t len);
/* STARTTLS came. */
void house_tls(struct guest_conn *c);
void house_begin(struct guest_conn *c);
/* The transaction is over, or the connection: writes down its attempts. */
void house_end(struct guest_conn *c);

/* Takes a connection that was accepted at the mx'th address. */
void conn_new(struct trap *r, unsigned mx, evutil_socket_t fd,
              const struct netaddr *client);
void conn_free(struct guest_conn *c);

#endif
