/*
 * What a sender may ask to be told of, as commands carry it (RFC 3461 §4):
 * RET and ENVID with MAIL, NOTIFY and ORCPT with RCPT.  Pure.
 */
#ifndef TARRY_DSN_WORDS_H
#define TARRY_DSN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define DSN_ENVID 101 /* octets with NUL, RFC 3461 §4.4 */
#define DSN_ORCPT 501 /* §4.2 */

/* NOTIFY= of a recipient; none of them: it was not given. */
enum dsn_notify {
    NOTIFY_NEVER = 1,
    NOTIFY_SUCCESS = 2,
    NOTIFY_FAILURE = 4,
    NOTIFY_DELAY = 8,
    NOTIFY_WORDS = 15,
    /*
     * Of a recipient that came to its good end before queue heard of it, and
     * of which it has only to report: smtpd had it put into its Maildirs, or
     * passed on to the addresses that an alias stands for.
     */
    NOTIFY_DELIVERED = 16,
    NOTIFY_EXPANDED = 32,
    NOTIFY_ALL = 63
};

/* "NEVER", or some of the others with commas between; in any case. */
bool dsn_read_notify(const char *p, size_t len, unsigned *notify);
/* "FULL" or "HDRS". */
bool dsn_read_ret(const char *p, size_t len, bool *full);
/* Is it xtext of printable ASCII, and not too long? */
bool dsn_is_envid(const char *p, size_t len);
/*
 * "rfc822;xtext", or any other type; with utf8 also "utf-8;" and UTF-8 as it
 * is (RFC 6533 §3).
 */
bool dsn_is_orcpt(const char *p, size_t len, bool utf8);

/*
 * What is asked of each of several addresses that stand for one (RFC 3461
 * §5.2.7.3): the same, but its success is told once, as "expanded".
 */
unsigned dsn_notify_expanded(unsigned notify);

#endif
