/*
 * A stored message, to how it goes over the wire (RFC 5321 §4.5.2, §2.3.8).
 *
 * Pure. Lines end with LF or CRLF in the file and with CRLF on the wire.  A
 * CR within a line becomes a space: taken as a line end by one server and not
 * by the next, it would smuggle.  A last line without an end gets one.
 */
#ifndef TARRY_QUEUE_RELAY_BODY_H
#define TARRY_QUEUE_RELAY_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct relay_body {
    bool dots;       /* DATA: a dot is put before a line that begins with one */
    bool line_start; /* at the beginning of a line */
    bool cr;         /* a CR was read; what it is, the next octet says */
};

/* What len octets can become at most, with the end of the message. */
#define RELAY_BODY_MAX(len) (2 * (len) + 8)

void relay_body_init(struct relay_body *b, bool dots);

/*
 * Writes the octets of in to out as they go over the wire, and returns how
 * many those are. last: the message ends behind them.
 */
size_t relay_body_encode(struct relay_body *b, const char *in, size_t len,
                         bool last, char *out);

#endif
