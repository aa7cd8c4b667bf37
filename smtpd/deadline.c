/*
 * What a connection may take of our time: each is looked at once a second.
 *
 * Idle means without progress: octets that complete no command are none, and
 * in data a minimum rate over the whole message is asked for, so that nobody
 * holds a session with an octet a minute.
 */
#include "smtpd/server.h"

#define HANDSHAKE_SEC 60 /* for TLS */
#define FLUSH_SEC     10 /* for the last reply to be taken */
#define LINGER_SEC    2  /* for the client to close after it */
#define VERDICT_SEC   10 /* for greylist to answer */
#define RATE_AFTER    60 /* before the minimum rate is judged */

void conn_end(struct conn *c, const char *text, const char *why)
{
    if (c->asked != 0 || c->want == WANT_CLOSE)
        return;
    c->ending = why;
    if (c->handshaking) {
        conn_free(c);
        return;
    }
    c->want = session_end(c->session, text);
    conn_pump(c);
}

void pace_take(struct pace *p, bool was, bool is, size_t octets, time_t now)
{
    if (was && is)
        p->octets += octets;
    else
        *p = (struct pace){.since = now};
}

bool pace_is_slow(const struct pace *p, time_t now, unsigned rate)
{
    time_t elapsed = now - p->since;

    return elapsed > RATE_AFTER && p->octets / (uint64_t)elapsed < rate;
}

static void tick_session(struct conn *c, time_t now)
{
    const struct conf *conf = c->settings->conf;
    time_t idle = now - c->progress;

    if (session_in_data(c->session)) {
        if (idle >= conf->limits.data_sec)
            conn_end(c, "4.4.2 Timeout", "timeout in data");
        else if (pace_is_slow(&c->pace, now, conf->limits.minimum_rate))
            conn_end(c, "4.4.2 Too slow", "data below the minimum rate");
    } else if (idle >= conf->limits.idle_sec) {
        conn_end(c, "4.4.2 Timeout", "timeout");
    } else if (now - c->since >= conf->limits.session_sec) {
        conn_end(c, "4.4.2 Session too long", "session too long");
    }
}

void conn_tick(struct conn *c, time_t now)
{
    if (c->name_state == NAME_ASKED &&
        now - c->since > c->settings->conf->resolver.timeout_sec + 1) {
        c->name_state = NAME_KNOWN; /* resolver hangs: we do not */
        if ((c->want == WANT_OPEN || c->want == WANT_VERDICT) &&
            c->asked == 0) {
            conn_pump(c);
            return;
        }
    }
    if (c->asked & 1u << PROGRAM_GREYLIST &&
        now - c->judging_since > VERDICT_SEC) {
        house_pass(c);
        return;
    }
    if (c->asked != 0)
        return;
    if (c->want == WANT_CLOSE) {
        if (now - c->ending_since >= (c->lingering ? LINGER_SEC : FLUSH_SEC))
            conn_free(c);
    } else if (c->handshaking) {
        if (now - c->progress >= HANDSHAKE_SEC)
            conn_end(c, "", "timeout in TLS handshake");
    } else {
        tick_session(c, now);
    }
}
