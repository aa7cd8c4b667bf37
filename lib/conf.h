/*
 * The configuration file, read with libconfuse into one structure.
 *
 * Every program reads the same text with the same code: the parent reads the
 * file once, checks it and hands the very bytes on (MSG_CONFIG), so that no
 * two programs can see two versions.  A mistake is reported as
 * "file:line: option: what is wrong", all mistakes of a file at once where
 * possible.  Durations are 45s 5m 4h 36d, sizes 64K 25M.
 */
#ifndef TARRY_CONF_H
#define TARRY_CONF_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct strings {
    char **v;
    size_t n;
};

struct conf_listen {
    char *text; /* as written: "tls://0.0.0.0:465" */
    bool tls;   /* TLS from the first octet */
    struct sockaddr_storage address;
    socklen_t address_len;
};

enum conf_tls {
    CONF_TLS_MAY,      /* when it is offered; no certificate is looked at */
    CONF_TLS_REQUIRED, /* or the message waits */
    CONF_TLS_VERIFIED  /* and the certificate is that of the host */
};

#define CONF_ROUTE_HOSTS 4

/* Where the mail of a domain goes instead of to its MX hosts. */
struct conf_route {
    char *domain; /* "*": of every domain that has no route of its own */
    enum conf_tls tls;
    struct conf_route_host {
        char *host;   /* a name or, when numeric, an address */
        bool numeric; /* else its MX hosts or addresses are asked for */
        unsigned short port;
    } hosts[CONF_ROUTE_HOSTS];
    size_t nhosts;
};

enum conf_greylist_mode {
    GREYLIST_ON,
    GREYLIST_OFF,
    GREYLIST_OBSERVE /* decide, record and log, but refuse nothing */
};

struct conf {
    char *file;     /* its name, for messages */
    char *hostname; /* fully qualified; default: the system's name */
    struct conf_listen *listen;
    size_t nlisten;
    char *user;             /* NULL when not set */
    char *state;            /* absolute */
    struct strings domains; /* lower case, A-labels or UTF-8 as written */
    char *mailboxes;        /* template with %d %u %%, or "~/Maildir" */
    bool mailboxes_system;  /* the template begins with "~/" */
    char *aliases;          /* a file's path, or NULL */
    char *postmaster;       /* an address, or NULL */
    char *detail_separator; /* one of "+-=", or "" for none; default "+" */
    bool dsn;               /* senders may ask to be told; default true */
    struct {
        struct strings certificates, keys; /* pairs: same length */
        bool tickets;                      /* default true */
    } tls;
    struct {
        uint64_t message;      /* octets, default 25M */
        unsigned recipients;   /* a transaction, default 100, >= 100 */
        unsigned connections;  /* in all, default 1000 */
        unsigned per_client;   /* per client network, default 20 */
        unsigned ipv4_prefix;  /* what a client network is: 24 */
        unsigned ipv6_prefix;  /* 64 */
        unsigned errors;       /* 5xx replies a session, 20 */
        unsigned idle_sec;     /* between commands, default 5m */
        unsigned data_sec;     /* between octets of data, default 3m */
        unsigned minimum_rate; /* octets a second over a whole message,
                                  after the first minute; default 100 */
        unsigned session_sec;  /* a whole session, default 1h */
        unsigned received;     /* Received fields: loop limit, 100 */
        unsigned hang_sec;     /* a program that does not answer, 1m */
    } limits;
    struct {
        struct strings servers; /* "127.0.0.1:5353"; empty: resolv.conf's */
        unsigned timeout_sec;   /* for a whole question, default 2s */
    } resolver;
    struct {
        enum conf_greylist_mode mode; /* default on */
        unsigned delay_sec;           /* 5m */
        unsigned window_sec;          /* 24h */
        unsigned pass_sec;            /* 36d */
        unsigned auto_allow;          /* triplets; 0: never; 5 */
        unsigned identity;            /* enum identity_mode: domain */
        unsigned ipv4_prefix;         /* 24 */
        unsigned ipv6_prefix;         /* 64 */
        struct strings reply;         /* lines of the template */
        char *url;                    /* for %u in it, or NULL */
        bool null_at_data;            /* null senders wait at DATA: true */
        /*
         * An entry, or a file of entries: what begins with '/' and does not
         * end with it (that is a regular expression).
         */
        struct strings exempt_clients, exempt_senders, exempt_recipients;
        struct strings only_recipients; /* empty: all are greylisted */
        uint64_t cache;                 /* octets; 64M */
        unsigned history;               /* attempts kept; 1000000 */
    } greylist;
    struct {
        struct conf_listen *listen; /* also "unix:/path"; tls is false */
        size_t nlisten;
    } policy;
    struct {
        char *socket; /* a path; default /run/tarry/control */
    } control;
    struct {
        unsigned *retry_sec;        /* waits between attempts, then the last */
        size_t nretry;              /* default 5m 10m 20m 30m 1h */
        unsigned lifetime_sec;      /* default 5d */
        unsigned lifetime_null_sec; /* of a null sender's, default 1d */
        unsigned warn_sec;          /* a delay is told then, 4h; 0: never */
        struct strings relay_domains; /* taken for, and passed on */
        unsigned relays;              /* conversations at a time, default 10 */
        unsigned per_destination;     /* of them, to one domain; default 5 */
        unsigned reuse;               /* messages in one conversation, 100 */
        uint64_t bounce; /* the largest original in a bounce, 64K */
        char *helo;      /* NULL: hostname */
        char *source_ipv4, *source_ipv6; /* addresses, or NULL */
        char *socket; /* of tarry-sendmail; default: submit, beside the control
                         socket */
        struct conf_route *routes;
        size_t nroutes;
    } queue;
};

/*
 * Reads text (len octets), which came from the file called name.  Returns the
 * settings, the caller's to free, or NULL with every mistake found, one a
 * line, in err (cut at size).
 */
struct conf *conf_parse(const char *name, const char *text, size_t len,
                        char *err, size_t size);

/* The same, from all that is behind a descriptor (at most 1 MiB). */
struct conf *conf_read_fd(const char *name, int fd, char *err, size_t size);

void conf_free(struct conf *c); /* NULL is fine */

/*
 * The folder that holds all mailboxes: the template up to its first component
 * with a '%', "" when that is the root. Not for those of system accounts.
 */
void conf_mailboxes_folder(const struct conf *c, char *out, size_t size);

/* Whether an entry of an exemption list names a file of entries. */
bool conf_is_file(const char *entry);

/*
 * "45s", "5m", "4h", "36d" or a bare number of seconds -> seconds.
 * "64K", "25M", "1G" or a bare number -> octets (K is 1024).
 * Return -1 when it is neither, or too large for the type.
 */
int conf_duration(const char *s, unsigned *sec);
int conf_size(const char *s, uint64_t *octets);

#endif
