/*
 * The greylist's judgement of one recipient, without a store and a clock: who
 * is exempt, under which key the rest is known, what the policy decides, and
 * the words that the client and the log get.  Pure; the store lies between
 * the two steps, so a daemon, a test and a simulation each bring their own:
 *
 *   if (judge_begin(s, a, &j)) {
 *       read what is known of j.identity, j.sender, j.recipient
 *       judge_finish(s, a, &record, &client, now, &j)
 *       store j.outcome.record and .client where they changed
 *   }
 */
#ifndef TARRY_GREYLIST_JUDGE_H
#define TARRY_GREYLIST_JUDGE_H

#include "greylist/exempt.h"
#include "greylist/identity.h"
#include "greylist/normal.h"
#include "greylist/policy.h"
#include "greylist/reply.h"
#include "lib/conf.h"
#include "lib/msg.h"

/* "X-Greylist: ...\n" with the longest host name. */
#define JUDGE_HEADER 384

struct judge_settings {
    enum conf_greylist_mode mode;
    bool null_at_data; /* a null sender hears it at DATA */
    struct policy policy;
    struct identity_settings identity;
    struct exempt *clients, *senders, *recipients; /* sealed */
    struct exempt *only; /* sealed; NULL: all recipients are greylisted */
    struct reply_template *reply;
    char hostname[256];
};

struct rcpt {
    struct netaddr client;
    const char *name; /* the client's verified host name, or "" */
    const struct address *sender, *recipient;
    bool authenticated;
};

enum judge_reason {
    REASON_POLICY, /* outcome.decision says it */
    REASON_OFF,
    REASON_LOCAL,         /* no network between us */
    REASON_AUTHENTICATED, /* a user of ours */
    REASON_CLIENT,        /* exempt: entry says where */
    REASON_SENDER,
    REASON_RECIPIENT,
    REASON_UNLISTED, /* not one of the recipients that alone are greylisted */
    REASON_STORE     /* the store fails: all mail passes */
};

struct judgement {
    enum judged judged;
    enum judge_reason reason;
    bool observed; /* it would have been deferred, but for the mode */
    const struct exempt_entry *entry; /* or NULL; lives as long as its list */
    struct outcome outcome;           /* REASON_POLICY */
    /*
     * The triplet.  network is what the client would be known by without its
     * name, "" if it is known by that anyway: name servers that do not answer
     * must not make a stranger of who is known.
     */
    char identity[IDENTITY_TEXT], network[IDENTITY_TEXT];
    char sender[NORMAL_TEXT], recipient[NORMAL_TEXT];
    char reply[REPLY_TEXT];    /* "" when it passes */
    char header[JUDGE_HEADER]; /* for mail that waited, or "" */
};

/* False when it is judged already. */
bool judge_begin(const struct judge_settings *s, const struct rcpt *a,
                 struct judgement *out);
void judge_finish(const struct judge_settings *s, const struct rcpt *a,
                  const struct record *record,
                  const struct client_record *client, int64_t now,
                  struct judgement *out);
/* Instead of judge_finish(), or after it, when the store fails. */
void judge_without_store(struct judgement *out);

/* One word for the log: "new", "early", "returned", "exempt-sender"... */
const char *judge_word(const struct judgement *j);
const char *judge_decision_word(enum decision decision);

#endif
