/*
 * Delivery status notifications: multipart/report (RFC 6522) with a
 * message/delivery-status (RFC 3464), asked for by RFC 3461.
 */
#ifndef TARRY_DSN_H
#define TARRY_DSN_H

#include "queue/record.h"

enum dsn_action {
    DSN_FAILED,
    DSN_DELAYED,
    DSN_DELIVERED, /* into a mailbox here */
    DSN_RELAYED,   /* to a server that tells no more */
    DSN_EXPANDED   /* to where an alias leads */
};

struct dsn_recipient {
    enum dsn_action action;
    const struct record_rcpt *rcpt;
    bool expired; /* failed because its time was over */
};

struct dsn {
    const char *hostname; /* ours */
    const char *id;       /* of the report, for its Message-ID and boundary */
    const char *original; /* the queue's number of what it is about */
    uint32_t random;
    int64_t now;
    int64_t expires; /* when a delayed recipient will be given up */
    const struct record *record;
    int body;  /* the original, read from its beginning */
    bool full; /* all of it, not only its header */
    const struct dsn_recipient *recipients;
    size_t n;
};

/*
 * Writes the whole report, with LF ends of lines.  True if it has octets
 * above 127 in it.
 */
bool dsn_write(FILE *out, const struct dsn *d);

/* "5.1.1" out of a reply or, where there is none, the class it belongs to. */
void dsn_status(const char *reply, enum dsn_action action, bool expired,
                char out[16]);

/* Undoes xtext (RFC 3461 §4). Returns out. */
char *dsn_xtext(const char *xtext, char *out, size_t size);

#endif
