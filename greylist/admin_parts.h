/*
 * What admin*.c share.  Only they include this.
 *
 * admin.c        connections, words of the command, steps
 * admin_key.c    whom a command names; a triplet and a client as JSON
 * admin_filter.c which records a command means
 * admin_list.c   list, show
 * admin_edit.c   allow, forget
 * admin_stats.c  stats
 * admin_attempts.c  attempts
 * admin_dump.c   dump, load
 */
#ifndef TARRY_GREYLIST_ADMIN_PARTS_H
#define TARRY_GREYLIST_ADMIN_PARTS_H

#include "greylist/admin.h"

#include <jansson.h>

#define ADMIN_WORDS 12
#define ADMIN_LINE  1024

struct evbuffer;

/* A question under way. */
struct question {
    struct decider *decider;
    struct evbuffer *in, *out;
    bool input_ended;
    const char *words[ADMIN_WORDS]; /* behind the verb */
    size_t nwords;
    const struct admin_verb *verb;
    void *state; /* the verb's own, from begin() on */
    char why[256];
};

enum progress {
    ADMIN_MORE,  /* call again when there is room for output */
    ADMIN_INPUT, /* call again when more input has come, or it has ended */
    ADMIN_DONE,
    ADMIN_FAILED /* why says it */
};

struct admin_verb {
    const char *name;
    size_t min, max; /* words */
    /* Reads the words. False with a text in why. */
    bool (*begin)(struct question *q);
    /* Goes on for about two milliseconds. */
    enum progress (*step)(struct question *q);
    void (*end)(struct question *q); /* or NULL: state is freed */
};

extern const struct admin_verb admin_list, admin_show, admin_allow,
    admin_forget, admin_stats, admin_dump, admin_load, admin_attempts;

/* For begin(): false, with the text. */
bool admin_refuse(struct question *q, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
enum progress admin_fail(struct question *q, const char *why);

/* What a step looks at before the loop gets its turn. */
#define ADMIN_RECORDS  500  /* of the store */
#define ADMIN_ATTEMPTS 5000 /* of the history */
#define ADMIN_LINES    100  /* of a dump that is loaded */

/* A line of JSON, which is taken over. */
void admin_say(struct question *q, json_t *line);
/* What is no UTF-8 has '?' for its octets. */
json_t *admin_string(const char *text);

/*
 * The identity that a word means: one as it stands in the store, or an address
 * or host name that belongs to it.
 */
bool admin_identity(struct question *q, const char *word,
                    char out[IDENTITY_TEXT]);
/* Whether the settings in force can give it to a client. */
bool admin_is_identity(const struct question *q, const char *identity);
/* Finds the word "name=pattern" among the names; false: none is called so. */
bool admin_filter(const char *word, const char *const *names, size_t n,
                  const char **patterns);
/* '*' stands for any octets, case for nothing. NULL matches all. */
bool admin_matches(const char *pattern, const char *text);
/* The normal forms of addresses as they stand in keys. */
bool admin_sender(struct question *q, const char *word, char out[NORMAL_TEXT]);
bool admin_recipient(struct question *q, const char *word,
                     char out[NORMAL_TEXT]);

/* "waiting", "passed" or "old" (as good as forgotten). */
const char *admin_state(const struct question *q, const struct record *r);
/* "free", "counting" or "old". */
const char *admin_client_state(const struct question *q,
                               const struct client_record *c);
json_t *admin_triplet(const struct question *q, const struct store_entry *e);
json_t *admin_client(const struct question *q, const char *identity,
                     const struct client_record *c);

#endif
