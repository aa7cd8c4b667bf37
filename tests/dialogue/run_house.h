/*
 * The house around a pure session, played: which recipients exist, what is
 * greylisted, how storing goes, as README.md's world has it or as "house:"
 * lines say.  What the session wants of it must be legal: torn says what was
 * not.
 */
#ifndef TARRY_DIALOGUE_RUN_HOUSE_H
#define TARRY_DIALOGUE_RUN_HOUSE_H

#include "smtpd/session.h"
#include "tests/dialogue/run.h"
#include "tests/dialogue/run_greylist.h"

#define ANSWERS 64

enum question {
    Q_CHECKED,
    Q_VERDICT,
    Q_OPENED,
    Q_WRITTEN,
    Q_COMMITTED,
    Q_COUNT
};

struct octets {
    char *v; /* len octets and a NUL */
    size_t len, size;
};
void octets_put(struct octets *o, const char *data, size_t len);

struct house {
    const char *torn; /* how the session broke its contract, or NULL */
    struct netaddr client;
    const char *client_verified;
    struct greylist_house *greylist; /* NULL: nobody waits, but as scripted */
    time_t now;
    bool open; /* deliver holds a place */
    struct octets stored;
    struct message messages[ANSWERS];
    size_t nmessages, next_message;
    const char *answers[Q_COUNT][ANSWERS]; /* scripted */
    size_t nanswers[Q_COUNT], next_answer[Q_COUNT];
};

/* Takes "checked unknown"; keeps the pointer. False when it means nothing. */
bool house_script(struct house *h, const char *answer);
/* Does what the session wants of the house: WANT_CHECK to WANT_ABORT. */
enum want house_serve(struct house *h, struct session *s, enum want want);
/* The next message stored, the caller's; false if there is none. */
bool house_message(struct house *h, struct message *out);
void house_release(struct house *h);

#endif
