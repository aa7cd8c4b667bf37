/* How the queue is shown. For queue_control.c. */
#ifndef TARRY_QUEUE_SHOW_H
#define TARRY_QUEUE_SHOW_H

#include "queue/queue_internal.h"

struct evbuffer;

/* Which messages: all, one, or those for a domain. */
struct selection {
    uint64_t id;                     /* 0: not by number */
    char domain[ADDRESS_DOMAIN + 1]; /* "": not by domain */
    bool none;                       /* what was named cannot be */
};

void show_select(struct selection *s, const char *what);
bool show_selected(const struct queue *q, const struct message *m,
                   const struct selection *s);
bool show_selected_rcpt(const struct rcpt *r, const struct selection *s);

/* Writes one message; details: with its history. 0 when it is gone. */
size_t show_message(struct queue *q, struct message *m, struct evbuffer *out,
                    bool json, bool details, bool more);
void show_stats(const struct queue *q, struct evbuffer *out, bool json);

/* Lines into the record. */
void show_append_event(struct queue *q, const struct rcpt *r,
                       const char *event);
void show_append_held(struct queue *q, const struct message *m);

#endif
