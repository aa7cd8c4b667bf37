/*
 * What the files of the session share; nobody else includes it.
 *
 *   session.c   octets to lines, state
 *   commands.c  the table of commands, order
 *   greeting.c  EHLO, HELO, STARTTLS, and the commands without consequence
 *   envelope.c  MAIL, RCPT, the recipients of a transaction
 *   data.c      DATA, BDAT, storing
 *   reply.c     replies, and the counting of errors
 *   trace.c     the Received field
 */
#ifndef TARRY_SESSION_INTERNAL_H
#define TARRY_SESSION_INTERNAL_H

#include "smtpd/body.h"
#include "smtpd/session.h"

/* Where the session stands; changed by session_enter() only. */
enum state {
    STATE_START,   /* no EHLO or HELO yet */
    STATE_READY,   /* between transactions */
    STATE_MAIL,    /* MAIL accepted, no RCPT yet */
    STATE_REFUSED, /* RCPT tried, none accepted */
    STATE_RCPT,    /* at least one recipient */
    STATE_CHUNKS,  /* between the chunks of BDAT */
    STATE_DATA,    /* data, from DATA's 354 or the last BDAT to the answer */
    STATE_CLOSED
};

/* How octets are read. */
enum mode { MODE_LINE, MODE_SKIP_LINE, MODE_DATA, MODE_CHUNK };

/* Strings "local\0domain\0orcpt\0" behind each other. */
struct recipients {
    char *pool;
    size_t len, size, n;
    struct recipient {
        unsigned offset; /* in pool */
        unsigned notify; /* enum dsn_notify */
    } * v;
    size_t room;
};

struct transaction {
    struct address sender;
    struct mail_params params;
    struct recipients to;
    struct body body;
    enum stored stored; /* how writing to its place went */
    bool open;          /* deliver has a place for it */
    char header[512];   /* of the first verdict that came with fields */
    char defer[1024];   /* "" or what DATA and BDAT are answered with */
};

struct session {
    const struct session_limits *limits;
    struct netaddr client;
    char id[32];
    char transaction_id[48];
    unsigned transactions;
    enum state state;
    enum mode mode;
    enum want waiting; /* what the next call must answer */
    bool esmtp, tls;
    char tls_info[96]; /* "TLSv1.3 TLS_AES_256_GCM_SHA384" */
    char helo[256];
    unsigned errors;
    const char *ending;
    struct address recipient; /* of the RCPT under way */
    struct rcpt_params recipient_params;
    struct transaction t;
    bool abort_due; /* WANT_ABORT comes before anything else */
    enum want after_abort;
    bool data_ended;     /* the piece being written is the last of DATA */
    uint64_t chunk;      /* octets of it still to come */
    uint64_t chunk_size; /* as BDAT said */
    bool chunk_last;
    const char *chunk_refusal; /* swallow it, then answer with this */
    const char *piece;         /* session_body() */
    size_t piece_len;
    char trace[2048];
    void (*hook)(void *arg, const struct session_event *);
    void *hook_arg;
    size_t out_len;
    char out[SESSION_OUTPUT];
};

/* A command line, without CRLF and spaces at its end. */
struct command {
    const char *args; /* behind the verb and one space */
    size_t len;
};

/* session.c */
void session_enter(struct session *s, enum state state);
/* Forgets the transaction (a place held for it is given up); keeps EHLO. */
void session_reset(struct session *s);
/* Says 421 and closes. */
enum want session_hang_up(struct session *s, const char *text);

/* commands.c: a line without its CRLF */
enum want session_command(struct session *s, const char *line, size_t len);

/* reply.c: one reply, then the usual next want (input, or too many errors) */
enum want reply(struct session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The reply on a RCPT, or on a message: also told to the hook. */
enum want reply_event(struct session *s, int kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Lines "450 4.7.1 text", '\n' between them; bad ones are replaced. */
enum want reply_lines(struct session *s, const char *lines);
/* The same, and told to the hook as the reply on a RCPT. */
enum want reply_verdict(struct session *s, const char *lines);

/* greeting.c */
enum want do_ehlo(struct session *s, const struct command *c);
enum want do_helo(struct session *s, const struct command *c);
enum want do_starttls(struct session *s, const struct command *c);
enum want do_rset(struct session *s, const struct command *c);
enum want do_noop(struct session *s, const struct command *c);
enum want do_vrfy(struct session *s, const struct command *c);
enum want do_expn(struct session *s, const struct command *c);
enum want do_help(struct session *s, const struct command *c);
enum want do_quit(struct session *s, const struct command *c);

/* envelope.c */
enum want do_mail(struct session *s, const struct command *c);
enum want do_rcpt(struct session *s, const struct command *c);
enum want session_answer_check(struct session *s, enum checked checked);
enum want session_answer_verdict(struct session *s, const struct verdict *v);
void recipients_release(struct recipients *r);

/* data.c */
enum want do_data(struct session *s, const struct command *c);
enum want do_bdat(struct session *s, const struct command *c);
enum want session_answer_opened(struct session *s, enum stored stored,
                                const char *name, time_t now);
enum want session_answer_written(struct session *s, enum stored stored);
enum want session_answer_committed(struct session *s, enum stored stored);
/* Octets of MODE_DATA and MODE_CHUNK. */
enum want data_input(struct session *s, char *buf, size_t len, size_t *used);

/* trace.c: fills s->trace, returns its length */
size_t trace_received(struct session *s, const char *name, time_t now);

#endif
