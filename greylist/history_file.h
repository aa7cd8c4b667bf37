/*
 * One file of the attempt history: 8 octets that say what it is, then one
 * attempt after the other. For history*.c only.
 *
 *   2 octets  length of what follows them, least significant first
 *   4         time
 *   1         decision, and 0x80 when it passed
 *   2         reply code
 *   4         waited_sec
 *   1 + n     address: its family (0, 4 or 6) and 0, 4 or 16 octets
 *   4 texts   identity, helo, sender, recipient, each with its NUL
 *   4         FNV-1a of all the above
 */
#ifndef TARRY_HISTORY_FILE_H
#define TARRY_HISTORY_FILE_H

#include "greylist/history.h"

#define HISTORY_MAGIC "tarryat1"
#define HISTORY_HEAD  8
#define HISTORY_ENTRY (2 + 4 + 1 + 2 + 4 + 17 + 4 * HISTORY_TEXT + 4)

/* Returns the octets written. */
size_t history_pack(const struct attempt *a, uint8_t out[HISTORY_ENTRY]);

/*
 * Takes one from len octets, with texts that point into them.  Returns the
 * octets taken, or 0 when there is no whole and right one at the front.
 */
size_t history_unpack(const uint8_t *p, size_t len, struct attempt *out);

/* Reading a file from front to back, with a buffer. */
struct history_reader {
    int fd;
    uint64_t offset; /* in the file, of what unpack() takes next */
    size_t have, used;
    uint8_t buffer[64 * 1024];
};

void history_reader_init(struct history_reader *r, int fd, uint64_t offset);
/* 1 with an attempt, 0 when no whole one follows, -1 with errno. */
int history_next(struct history_reader *r, struct attempt *out);

#endif
