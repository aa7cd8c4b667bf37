/*
 * Tarry's queue as a sender of the laboratory: what it reads in a reply, and
 * when it comes again.  The decisions are made by the code of the programs
 * queue and relay; here is only what their headers would not bear beside the
 * laboratory's, which also counts steps.
 */
#ifndef TARRY_LAB_QUEUEING_H
#define TARRY_LAB_QUEUEING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The wait that a whole reply of 4xx names, all its lines as they came, in
 * seconds; 0 when it names none, or is no such reply.
 */
unsigned queueing_wait(const char *reply, size_t len);

struct queueing {
    const uint32_t *retry_sec; /* as queue { retry } */
    size_t nretry;
    uint32_t lifetime_sec, lifetime_null_sec;
    bool null_sender;
    int64_t queued;
    unsigned attempts; /* made */
    unsigned wait_sec; /* that the last reply names */
};

/* After a deferral: true, and when it is tried again; false to give up. */
bool queueing_next(const struct queueing *q, int64_t now, uint32_t random,
                   int64_t *at);

#endif
