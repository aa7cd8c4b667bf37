/*
 * What the files of the configuration share.  Only lib/conf*.c include this.
 *
 * conf_text.c   the text made fit for libconfuse
 * conf_read.c   libconfuse: text -> items, one for each value, with its line
 * conf.c        the table of options; items -> struct conf
 * conf_value.c  setters that the table names: numbers and paths
 * conf_names.c  setters for names, mail addresses, the mailbox template
 * conf_socket.c setters for listeners and name servers
 * conf_queue.c  setters of the queue and of routes
 * conf_greylist.c  setters for the section greylist
 * conf_check.c  what holds between options
 * conf_mistake.c  mistakes, gathered and written
 */
#ifndef TARRY_CONF_INTERNAL_H
#define TARRY_CONF_INTERNAL_H

#include "lib/conf.h"

#define CONF_LISTENERS 32 /* SETUP_LISTENERS of lib/child.h */
#define CONF_KEYS      16 /* two of SETUP_FILES each */
#define CONF_SERVERS   8  /* SANDBOX_PORTS of lib/sandbox.h */
#define CONF_RETRIES   32
#define CONF_PATH      255 /* octets of a path; lib/child.h holds 256 */

struct conf_item;
struct conf_reading;

/* A row of the table: one option. */
struct conf_option {
    const char *section; /* "" outside of all */
    const char *name;
    void (*set)(struct conf_reading *r, const struct conf_item *item);
    size_t offset;           /* of its field in struct conf */
    size_t list;             /* values at most; 0: one, and never in braces */
    const char *default_set; /* as in the file, a list's values apart by
                                spaces; NULL: none, or conf_check.c's */
    uint64_t min, max;       /* of a number */
};

#define CONF_OPTIONS 62
extern const struct conf_option conf_options[CONF_OPTIONS];
/* The row, or NULL. */
const struct conf_option *conf_option(const char *section, const char *name);

/* A value as it stands in the file. */
struct conf_item {
    const struct conf_option *option;
    unsigned line; /* 0: the default */
    char *title;   /* of its section, for a route; else NULL */
    bool first;    /* its option begins here: the first value after a '=' */
    char *text;
};

#define CONF_MISTAKES 20 /* reported at most */

struct conf_reading {
    struct conf *conf;
    unsigned lines[CONF_OPTIONS]; /* where each was set first; 0: nowhere */
    struct conf_item *items;      /* in the order of the file */
    size_t nitems;
    struct conf_mistake {
        unsigned line; /* 0: of the whole file */
        char *text;
    } mistakes[CONF_MISTAKES];
    size_t nmistakes;
    bool more_mistakes; /* than are kept */
};

/* Notes a mistake. section may be ""; name may be "syntax". */
void conf_mistake(struct conf_reading *r, unsigned line, const char *section,
                  const char *name, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The same, of an item. */
void conf_wrong(struct conf_reading *r, const struct conf_item *item,
                const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Writes what was noted into err, one a line, and frees it. False if nothing.
 */
bool conf_mistakes(struct conf_reading *r, char *err, size_t size);

/*
 * Turns text (len octets and a NUL behind them) in place into what libconfuse
 * reads rightly. What would be read wrongly is noted as a mistake.
 */
void conf_text(struct conf_reading *r, char *text, size_t len);

/* Reads it into r->items. False when it was not read to its end. */
bool conf_read(struct conf_reading *r, const char *text);

/* What must be set and is not, of a file read to its end. */
void conf_check_missing(struct conf_reading *r);
/* What holds between options, of a file without other mistakes. */
void conf_check_pairs(struct conf_reading *r);

/* To a list of strings, at its end. */
void conf_append(struct strings *list, const char *text);

/* Setters of the table. */
void conf_set_hostname(struct conf_reading *r, const struct conf_item *item);
void conf_set_listen(struct conf_reading *r, const struct conf_item *item);
void conf_set_user(struct conf_reading *r, const struct conf_item *item);
void conf_set_domain(struct conf_reading *r, const struct conf_item *item);
void conf_set_mailboxes(struct conf_reading *r, const struct conf_item *item);
void conf_set_postmaster(struct conf_reading *r, const struct conf_item *item);
void conf_set_detail(struct conf_reading *r, const struct conf_item *item);
void conf_set_path(struct conf_reading *r, const struct conf_item *item);
void conf_set_socket(struct conf_reading *r, const struct conf_item *item);
void conf_set_paths(struct conf_reading *r, const struct conf_item *item);
void conf_set_policy_listen(struct conf_reading *r,
                            const struct conf_item *item);
void conf_set_server(struct conf_reading *r, const struct conf_item *item);
void conf_set_greylist_mode(struct conf_reading *r,
                            const struct conf_item *item);
void conf_set_identity(struct conf_reading *r, const struct conf_item *item);
void conf_set_null_sender(struct conf_reading *r, const struct conf_item *item);
void conf_set_entry(struct conf_reading *r, const struct conf_item *item);
void conf_set_url(struct conf_reading *r, const struct conf_item *item);
void conf_set_flag(struct conf_reading *r, const struct conf_item *item);
void conf_set_size(struct conf_reading *r, const struct conf_item *item);
void conf_set_duration(struct conf_reading *r, const struct conf_item *item);
void conf_set_number(struct conf_reading *r, const struct conf_item *item);

void conf_set_retry(struct conf_reading *r, const struct conf_item *item);
void conf_set_relay_domain(struct conf_reading *r,
                           const struct conf_item *item);
void conf_set_helo(struct conf_reading *r, const struct conf_item *item);
void conf_set_source(struct conf_reading *r, const struct conf_item *item);
void conf_set_route_to(struct conf_reading *r, const struct conf_item *item);
void conf_set_route_tls(struct conf_reading *r, const struct conf_item *item);

/* A domain in the form in which they are compared; false if it is none. */
bool conf_domain(const char *text, char *out, size_t size);

#endif
