/*
 * The runner of dialogues (README.md tells what they are): a file is parsed
 * into steps, and the steps are played against a peer, which is the pure
 * session with a house around it, or a daemon behind a socket.
 */
#ifndef TARRY_DIALOGUE_RUN_H
#define TARRY_DIALOGUE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#define CLIENT_NAME "client.example.com"

enum step_kind {
    STEP_CLIENT, /* octets to send */
    STEP_NEXT,
    STEP_SERVER, /* a reply line; "250 ..." for a whole reply */
    STEP_HAS,
    STEP_HAS_NOT,
    STEP_TLS,
    STEP_CLOSED,
    STEP_CLOSE,
    STEP_IDLE,
    STEP_TO,
    STEP_FROM,
    STEP_FIELD,
    STEP_FIELD_NOT,
    STEP_BODY, /* a line of the message */
    STEP_OCTETS,
    STEP_HOUSE,
    STEP_END,
    STEP_TIME,
    STEP_FROM_CLIENT, /* who connects next: its address, and name or not */
    STEP_AGAIN        /* a new connection */
};

struct step {
    enum step_kind kind;
    unsigned line;
    size_t len;
    char *text; /* len octets and a NUL */
};

/* Where a dialogue can be played: words of "only:". */
enum place {
    PLACE_PURE = 1,
    PLACE_LIVE = 2,
    PLACE_PLAIN = 4,
    PLACE_TLS = 8,
    PLACE_WHOLE = 16,
    PLACE_SPLIT = 32
};

struct dialogue {
    const char *file;
    unsigned line;
    char *name;
    unsigned only;         /* enum place: every bit must be there */
    char *settings;        /* as written, "" for none */
    char *client;          /* its address */
    char *client_verified; /* its name, or NULL */
    char *greylist;        /* a configuration file, or NULL */
    struct step *steps;
    size_t n;
};

struct dialogues {
    struct dialogue *v;
    size_t n;
};

/* Adds the dialogues of a file. Exits with a message on a mistake in it. */
void parse_file(const char *file, struct dialogues *out);

/* Writes text with its braces expanded, n being the count; NULL: mistake. */
char *expand(const char *text, unsigned n, size_t *len);

/* Where '*' stands for any octets, also none. */
bool matches(const char *pattern, const char *text);
/* What is wrong with a reply line, CRLF included, by itself; NULL: nothing. */
const char *reply_fault(const char *line, size_t len, bool enhanced);

/* A stored message, in parts. */
struct message {
    char *to;     /* "alice@example.org bob@example.org", sorted */
    char *from;   /* "<sender@example.com>" */
    char *fields; /* trace fields of this house, unfolded, LF behind each */
    char *body;   /* the rest */
    size_t body_len;
};

/*
 * Sets fields and body from what was stored: the house's trace fields end with
 * the first Received.  False when there is none.
 */
bool message_split(struct message *m, const char *raw, size_t len);
/* Sorts the words of text in place. */
void sort_words(char *text);
void message_free(struct message *m);

enum got { GOT_LINE, GOT_NOTHING, GOT_CLOSED };

/* False means failure, with the reason in peer->why. */
struct peer {
    const struct peer_ops *ops;
    char why[512];
};

struct peer_ops {
    bool (*begin)(struct peer *p, const struct dialogue *d);
    bool (*send)(struct peer *p, const char *data, size_t len);
    /* The next reply line with its CRLF, if one comes. */
    enum got (*line)(struct peer *p, char *line, size_t size, size_t *len);
    /* What has come without being asked for: false if there is any. */
    bool (*silent)(struct peer *p, bool for_good);
    bool (*tls)(struct peer *p);
    void (*close)(struct peer *p);
    bool (*idle)(struct peer *p);
    /* STEP_HOUSE, STEP_END, STEP_TIME, STEP_FROM_CLIENT, STEP_AGAIN. */
    bool (*house)(struct peer *p, const struct step *step);
    /* The next stored message; false if there is none. */
    bool (*message)(struct peer *p, struct message *out);
    void (*end)(struct peer *p);
};

struct options {
    unsigned place; /* enum place: where we are */
    const char *host, *port;
    const char *mail; /* Maildirs: mail/DOMAIN/USER */
    bool starttls;    /* live: negotiate TLS before each dialogue */
};

struct peer *pure_new(const struct options *o);
void pure_free(struct peer *p);
struct peer *live_new(const struct options *o);
void live_free(struct peer *p);

/* The Maildirs below mail: forget all, or take what is new in them. */
void maildirs_clear(const char *mail);
/* -1: several messages; 0: none; 1: one, in out. */
int maildirs_take(const char *mail, struct message *out);

/* Plays it. On failure *step is where, and peer->why the reason. */
bool play(struct peer *p, const struct dialogue *d, const struct step **step);

#endif
