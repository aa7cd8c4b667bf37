/*
 * The attempt history as its files see it. For history*.c only.
 *
 * history.c       adding, trimming, walking
 * history_open.c  what is found at opening
 * history_file.c  attempts as octets
 */
#ifndef TARRY_HISTORY_RING_H
#define TARRY_HISTORY_RING_H

#include "greylist/history_file.h"

#define HISTORY_PARTS 16
#define HISTORY_FILES (2 * HISTORY_PARTS + 2) /* by count and by days */
#define HISTORY_NAME  32

struct part {
    uint64_t number, attempts, octets;
    int64_t first, last; /* times, in the order of writing */
};

struct history {
    int dir, lock, fd; /* fd: of the newest */
    uint64_t max, attempts;
    int64_t age_sec;
    int64_t complained_at;
    size_t nparts; /* oldest first */
    struct part parts[HISTORY_FILES];
    struct history_reader reader;
    uint8_t adding[32 * 1024]; /* what is written at once */
};

void history_part_name(uint64_t number, char out[HISTORY_NAME]);

/* A failure in errno: one line a minute at most. */
void history_complain(struct history *h, const char *what);

void history_drop_oldest(struct history *h);

#endif
