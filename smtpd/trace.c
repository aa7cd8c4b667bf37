/*
 * The Received field (RFC 5321 §4.4), folded at its clauses, and above it
 * the fields that came with a verdict.
 *
 * Names come checked (EHLO's argument by do_ehlo(), the client's verified
 * name by resolver); the recipient is named only when there is just one, so
 * that a blind copy stays blind.
 */
#include "smtpd/session_internal.h"

#include <stdio.h>
#include <string.h>

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (§4.1.3) */
static void literal(const struct netaddr *a, char *out, size_t size)
{
    char text[NETADDR_TEXT];

    netaddr_text(a, text, sizeof(text));
    snprintf(out, size, a->family == 6 ? "[IPv6:%s]" : "[%s]", text);
}

/* "Sat, 21 Nov 2026 16:40:28 +0000" (RFC 5322 §3.3), always in UTC */
static void date(time_t now, char *out, size_t size)
{
    static const char *const day[] = {"Sun", "Mon", "Tue", "Wed",
                                      "Thu", "Fri", "Sat"};
    static const char *const month[] = {"Jan", "Feb", "Mar", "Apr",
                                        "May", "Jun", "Jul", "Aug",
                                        "Sep", "Oct", "Nov", "Dec"};
    struct tm tm;

    gmtime_r(&now, &tm);
    snprintf(out, size, "%s, %02d %s %d %02d:%02d:%02d +0000", day[tm.tm_wday],
             tm.tm_mday, month[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
             tm.tm_min, tm.tm_sec);
}

static void only_recipient(const struct session *s, char *out, size_t size)
{
    struct address a = {0};
    char text[ADDRESS_TEXT];
    struct accepted to;

    out[0] = '\0';
    if (session_recipient_count(s) != 1)
        return;
    to = session_recipient_at(s, 0);
    snprintf(a.local, sizeof(a.local), "%s", to.local);
    snprintf(a.domain, sizeof(a.domain), "%s", to.domain);
    snprintf(out, size, "\n\tfor <%s>", address_text(&a, text, sizeof(text)));
}

size_t trace_received(struct session *s, const char *name, time_t now)
{
    char client[64], stamp[64], to[ADDRESS_TEXT + 16];
    int n;

    literal(&s->client, client, sizeof(client));
    date(now, stamp, sizeof(stamp));
    only_recipient(s, to, sizeof(to));
    n = snprintf(s->trace, sizeof(s->trace),
                 "%sReceived: from %s (%s%s%s)\n"
                 "\tby %s with %s%s%s%s\n"
                 "\tid %s%s; %s\n",
                 s->t.header, s->helo, name != NULL ? name : "",
                 name != NULL ? " " : "", client, s->limits->hostname,
                 session_protocol(s), s->tls ? " (" : "", s->tls_info,
                 s->tls ? ")" : "", s->transaction_id, to, stamp);
    return (size_t)n < sizeof(s->trace) ? (size_t)n : sizeof(s->trace) - 1;
}
