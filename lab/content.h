/*
 * What a receiver wants to know of a message's content: its Message-ID, and
 * of a delivery report (RFC 3464) whom it is about.  Pure; octets go in as
 * they come, CRLF or LF at the end of lines.
 */
#ifndef TARRY_LAB_CONTENT_H
#define TARRY_LAB_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

#define CONTENT_ID      128
#define CONTENT_REPORTS 16
#define CONTENT_ADDRESS 330

struct content_report {
    char recipient[CONTENT_ADDRESS]; /* as the report names it */
    bool failed;                     /* false: delayed, relayed, delivered */
    bool delayed;
};

struct content {
    bool body; /* the header is over */
    size_t len;
    char line[512]; /* its beginning, if it is longer */
    char id[CONTENT_ID];
    char recipient[CONTENT_ADDRESS]; /* of the report's group being read */
    char action[16];
    struct content_report reports[CONTENT_REPORTS];
    size_t nreports;
};

void content_init(struct content *c);
void content_add(struct content *c, const char *octets, size_t len);

#endif
