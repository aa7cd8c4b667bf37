/*
 * What a recipient of "tarrylab receive" orders: its local part says how it
 * wants to be treated.  Pure.
 *
 *   accept            taken; so is every word that is none of these
 *   NNN, defer        that reply to RCPT (defer is 450); NNN is 4yz or 5yz
 *   NNN-at-data       that reply to DATA
 *   NNN-after-dot     that reply to the message: 451, 452; 4xx is 451
 *   drop-at-rcpt      connection closed instead of the reply to RCPT
 *   drop-at-data      instead of the reply to DATA
 *   drop-after-dot    instead of the reply to the message
 *   tls-fail          450 once; then STARTTLS is offered, and fails, until
 *                     the message comes without it
 *   mixed             of one transaction every second such recipient 450 once
 *   slow, slow-T      every reply from RCPT on comes T (30s) late
 *   tarpit            they come an octet a second
 *
 * "-N" behind a reply or drop: the first N attempts only; "-for-T": until T
 * after the first attempt.  "+anything" behind all tells tests apart.
 */
#ifndef TARRY_LAB_ORDERS_H
#define TARRY_LAB_ORDERS_H

#include <stdbool.h>

enum order_kind {
    ORDER_ACCEPT,
    ORDER_RCPT,
    ORDER_AT_DATA,
    ORDER_AFTER_DOT,
    ORDER_DROP_RCPT,
    ORDER_DROP_DATA,
    ORDER_DROP_DOT,
    ORDER_TLS_FAIL,
    ORDER_MIXED,
    ORDER_SLOW,
    ORDER_TARPIT
};

struct order {
    enum order_kind kind;
    unsigned code;     /* of the reply */
    unsigned times;    /* attempts it stands for; 0: see for_sec */
    unsigned for_sec;  /* since the first attempt; 0 with times 0: always */
    unsigned wait_sec; /* ORDER_SLOW */
};

void order_parse(const char *local, struct order *out);

/*
 * Whether it still stands: attempts made before this one, seconds since the
 * first of them, and how many recipients of its kind the transaction has.
 */
bool order_stands(const struct order *o, unsigned before, double since_sec,
                  unsigned same);

#endif
