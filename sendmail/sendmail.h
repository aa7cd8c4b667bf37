/* What the files of tarry-sendmail share. */
#ifndef TARRY_SENDMAIL_H
#define TARRY_SENDMAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAIL_RECIPIENTS 1000

/* A message on its way to the queue. Starts as all zero. */
struct mail {
    char *sender; /* "" for the null sender */
    struct mail_recipient {
        char *address;   /* whole */
        unsigned notify; /* enum dsn_notify */
        char *orcpt;     /* as it came, or NULL */
    } * recipients;
    size_t nrecipients;
    unsigned notify; /* of recipients yet to be added */
    unsigned flags;  /* enum job_flags */
    char *envid;     /* xtext, or NULL */
    char *text;      /* LF ends of lines */
    size_t len;
};

/* Adds an address; a bare name gets the domain. False when it is none. */
bool mail_add(struct mail *m, const char *text, const char *domain);
void mail_release(struct mail *m);

/* What the program was told. */
struct site {
    const char *socket;
    const char *hostname, *domain; /* domain: of bare names */
    size_t limit;                  /* octets of a message */
};

/* An address of a list, as far as it fits, or "" ("a,,b"). */
struct list_address {
    char text[512];
    size_t len;
};

enum list_status { LIST_ADDRESS, LIST_MISTAKE, LIST_END };

/* Reads the address at *at, and moves it behind that and its comma. */
enum list_status list_next(const char **at, const char *end,
                           struct list_address *to);

/*
 * Reads a header: with to_too adds the addresses in To, Cc and Bcc (or in
 * Resent-To ...); takes Bcc out, and a line "From " in front; puts From, Date
 * and Message-ID in where they are missing.  False when an address is none,
 * and *wrong (the caller's to free) is it.
 */
bool header_complete(struct mail *m, bool to_too, const char *from,
                     const char *name, const struct site *site, char **wrong);

/* Gives it to the queue. A code of sysexits(3), said on stderr if not 0. */
int submit_mail(const struct site *site, const struct mail *m, char *id,
                size_t size);
/* Asks the queue; prints the answer. */
int submit_command(const struct site *site, const char *command);

/* SMTP on stdin and stdout (-bs). */
int smtp_serve(const struct site *site, const char *login);

enum message {
    MESSAGE_WHOLE,
    MESSAGE_LARGE, /* longer than the limit; in SMTP read to its end */
    MESSAGE_CUT,   /* the input ended before the dot; in SMTP only */
    MESSAGE_UNREADABLE
};

/*
 * Reads a message from stdin; dot: a line of one dot ends it.  smtp: nothing
 * else does, and a dot that begins a line was doubled.
 */
enum message read_message(struct mail *m, bool dot, bool smtp, size_t limit);

#endif
