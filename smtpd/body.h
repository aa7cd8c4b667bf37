/*
 * Message data on the wire, to what is stored (RFC 5321 §4.1.1.4, §4.5.2).
 *
 * Only CRLF ends a line and only CRLF.CRLF ends DATA; the dot that stuffing
 * put in front of a line is dropped; lines are stored with LF.  A bare CR, a
 * bare LF or a NUL makes the whole message bad, to be refused at its end:
 * taken as line ends by one server and not by the next, they smuggle.
 */
#ifndef TARRY_BODY_H
#define TARRY_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct body {
    enum body_state {
        BODY_LINE_START,
        BODY_IN_LINE,
        BODY_CR,    /* CR seen, not yet stored */
        BODY_DOT,   /* a dot that starts a line */
        BODY_DOT_CR /* and a CR behind it */
    } state;
    bool dots;         /* DATA: dot stuffing, and the end is in the data */
    bool bad;          /* a bare CR, a bare LF, a NUL */
    bool in_header;    /* no empty line yet */
    unsigned match;    /* octets of "received:" that this line began with */
    unsigned received; /* Received fields in the header */
    uint64_t octets;   /* as RFC 1870 §5 counts: CRLF is two, dots dropped */
};

void body_init(struct body *b, bool dots);

/*
 * Decodes buf in place: *used octets were read, buf[0..*stored) are to be
 * stored.  True when that was the end of DATA; what follows is a command.
 * With dots false, the end is the caller's to know, and body_finish() says
 * so: a CR still waiting then was a bare one.
 */
bool body_decode(struct body *b, char *buf, size_t len, size_t *used,
                 size_t *stored);
void body_finish(struct body *b);

#endif
