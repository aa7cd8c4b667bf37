/* Numbers and strangers' texts for people. */
#ifndef TARRY_CTL_TEXT_H
#define TARRY_CTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_DURATION 32
/* "39s", "4m 30s", "2h 5m", "3d 4h": two units at most. Returns out. */
const char *text_duration(long long sec, char out[TEXT_DURATION]);

#define TEXT_MOMENT 20
/* "2026-11-21 18:45:03" in local time, "-" for 0. Returns out. */
const char *text_moment(int64_t t, char out[TEXT_MOMENT]);

#define TEXT_MINUTE 16
/* "Nov 21 18:45" in local time, as in a log: the year is clear. */
const char *text_minute(int64_t t, char out[TEXT_MINUTE]);

/* Prints it with '?' for what would control a terminal. */
void text_print(const char *s);

/*
 * Appends a space and the word as a shell takes it, in quotes if need be.
 * False, and out as it was, when there is no room or the word has a character
 * that cannot be copied from a terminal.
 */
bool text_shell(const char *word, char *out, size_t size);

#endif
