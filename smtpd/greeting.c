/*
 * EHLO and HELO (RFC 5321 §4.1.1.1), STARTTLS (RFC 3207), and the commands
 * that change nothing or end things: RSET NOOP VRFY EXPN HELP QUIT.
 *
 * The name given with EHLO decides nothing (§4.1.4); it only has to be fit
 * to stand in a Received field.
 */
#include "smtpd/session_internal.h"

#include <stdio.h>
#include <string.h>

static bool helo_fine(const struct command *c)
{
    if (c->len == 0 || c->len >= sizeof(((struct session *)NULL)->helo))
        return false;
    for (size_t i = 0; i < c->len; i++) {
        unsigned char ch = (unsigned char)c->args[i];

        if (ch <= ' ' || ch >= 0x7f || strchr("()<>@,;\\\"", ch) != NULL)
            return false;
    }
    return true;
}

static bool take_helo(struct session *s, const struct command *c, bool esmtp)
{
    if (!helo_fine(c))
        return false;
    session_reset(s);
    memcpy(s->helo, c->args, c->len);
    s->helo[c->len] = '\0';
    s->esmtp = esmtp;
    session_enter(s, STATE_READY);
    return true;
}

static const char *const bad_name =
    "501 5.5.4 Give a host name or an address literal";

enum want do_helo(struct session *s, const struct command *c)
{
    if (!take_helo(s, c, false))
        return reply(s, "%s", bad_name);
    return reply(s, "250 %s", s->limits->hostname);
}

enum want do_ehlo(struct session *s, const struct command *c)
{
    if (!take_helo(s, c, true))
        return reply(s, "%s", bad_name);
    reply(s, "250-%s", s->limits->hostname);
    reply(s, "250-PIPELINING");
    reply(s, "250-SIZE %llu", (unsigned long long)s->limits->message);
    reply(s, "250-8BITMIME");
    reply(s, "250-SMTPUTF8");
    reply(s, "250-CHUNKING");
    if (s->limits->dsn)
        reply(s, "250-DSN");
    if (s->limits->starttls && !s->tls)
        reply(s, "250-STARTTLS");
    reply(s, "250-LIMITS RCPTMAX=%u", s->limits->recipients);
    return reply(s, "250 ENHANCEDSTATUSCODES");
}

enum want do_starttls(struct session *s, const struct command *c)
{
    (void)c;
    if (s->tls)
        return reply(s, "503 5.5.1 TLS is active");
    if (!s->limits->starttls)
        return reply(s, "502 5.5.1 STARTTLS is not available");
    session_reset(s); /* a place for chunks is given up before, not after */
    reply(s, "220 2.0.0 Ready to start TLS");
    return WANT_TLS;
}

/* RFC 3207 §4.2: all that was learnt before TLS is forgotten. */
enum want session_tls(struct session *s, const char *version,
                      const char *cipher)
{
    session_reset(s);
    s->tls = true;
    s->helo[0] = '\0';
    s->waiting = WANT_INPUT;
    snprintf(s->tls_info, sizeof(s->tls_info), "%s %s", version, cipher);
    session_enter(s, STATE_START);
    return WANT_INPUT;
}

enum want do_rset(struct session *s, const struct command *c)
{
    (void)c;
    session_reset(s);
    if (s->state != STATE_START)
        session_enter(s, STATE_READY);
    return reply(s, "250 2.0.0 Ok");
}

enum want do_noop(struct session *s, const struct command *c)
{
    (void)c;
    return reply(s, "250 2.0.0 Ok");
}

/* §3.5.3, §7.3: the same answer for every name discloses none. */
enum want do_vrfy(struct session *s, const struct command *c)
{
    (void)c;
    return reply(s, "252 2.0.0 Send some mail, and it will be tried");
}

enum want do_expn(struct session *s, const struct command *c)
{
    (void)c;
    return reply(s, "502 5.5.1 Lists are not shown");
}

enum want do_help(struct session *s, const struct command *c)
{
    (void)c;
    return reply(s, "214 2.0.0 EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY "
                    "HELP STARTTLS QUIT; see RFC 5321");
}

enum want do_quit(struct session *s, const struct command *c)
{
    (void)c;
    session_reset(s);
    s->ending = "quit";
    reply(s, "221 2.0.0 Bye");
    session_enter(s, STATE_CLOSED);
    return WANT_CLOSE;
}
