/*
 * Postfix's policy delegation protocol (SMTPD_POLICY_README): a request is
 * lines "name=value" and an empty line, the answer "action=...\n\n".  Pure.
 */
#ifndef TARRY_GREYLIST_POLICYD_PARSE_H
#define TARRY_GREYLIST_POLICYD_PARSE_H

#include "greylist/judge.h"

#define POLICYD_LINE       4096 /* octets of a line, its end included */
#define POLICYD_ATTRIBUTES 100  /* lines of a request */
#define POLICYD_INSTANCE   64

/*
 * What is known of a request so far.  Unknown attributes are left out; of one
 * that is there twice, the last counts.
 */
struct policyd_request {
    unsigned attributes;
    bool is_policy;     /* request=smtpd_access_policy */
    bool is_rcpt;       /* protocol_state=RCPT */
    bool authenticated; /* sasl_username=... */
    bool has_recipient;
    bool unusable;         /* a value cannot be what its name says */
    struct netaddr client; /* family 0: none, or no address */
    char name[256];        /* verified, lower case; "" for "unknown" */
    char helo[256];        /* cut if longer */
    struct address sender, recipient;
    char instance[POLICYD_INSTANCE]; /* of the message; "" if not given */
};

enum policyd_event {
    POLICYD_MORE,    /* all was taken, the request has no end yet */
    POLICYD_REQUEST, /* here is one */
    POLICYD_BROKEN   /* this is not the protocol: hang up */
};

void policyd_begin(struct policyd_request *r);
/*
 * Reads whole lines of text.  *used is how much was taken; what is left is the
 * beginning of a line, or, after a request, what comes behind it.
 */
enum policyd_event policyd_read(struct policyd_request *r, const char *text,
                                size_t len, size_t *used);

/* Whether there is something to judge; otherwise the answer is "DUNNO". */
bool policyd_is_question(const struct policyd_request *r);
/*
 * Points a at what the request tells.  It lives as long as the request.
 */
void policyd_attempt(const struct policyd_request *r, struct rcpt *a);

/* The longest answer. */
#define POLICYD_ANSWER (REPLY_TEXT + 64)
/*
 * Writes the answer to a judgement, empty line included.  with_header: the
 * message does not have its X-Greylist field yet.  Returns its length.
 */
size_t policyd_answer(const struct judgement *j, bool with_header,
                      char out[POLICYD_ANSWER]);

#endif
