/* The history of attempts, asked of the running greylist. */
#ifndef TARRY_CTL_ATTEMPTS_H
#define TARRY_CTL_ATTEMPTS_H

#include "greylist/history.h"

/* The settings in force. */
struct attempts_settings {
    char mode[16]; /* "on", "off", "observe" */
    uint32_t delay_sec, window_sec;
    uint32_t auto_allow; /* 0: no client is freed as a whole */
    uint64_t kept;       /* attempts, all of them */
};

struct attempts;

/*
 * Asks for those since a time (0: all) that the filters let through, words
 * with a final NULL.  Returns NULL with *code one of sysexits(3), when the
 * reason is on stderr.
 */
struct attempts *attempts_open(const char *socket, int64_t since, char **words,
                               struct attempts_settings *settings, int *code);

/*
 * The next one, oldest first, with texts that live until the next call: 1, or
 * 0 at the end, or -1 with *code, when the reason is on stderr.
 */
int attempts_next(struct attempts *a, struct attempt *out, int *code);

void attempts_close(struct attempts *a);

/*
 * tarryctl greylist attempts: prints each as tarryd logs it, or as JSON.
 * Returns a code of sysexits(3).
 */
int attempts_print(const char *socket, bool json, char **words);

#endif
