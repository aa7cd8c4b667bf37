/*
 * The pure session as a peer: a shell that feeds it octets, whole or one by
 * one, gathers its replies, and lets the house (run_house.h) answer the rest.
 * It holds the session to its contract: its output is bounded, and it takes
 * something of a buffer that holds SESSION_LINE octets.
 */
#include "lib/conf.h"
#include "lib/log.h"
#include "tests/dialogue/run_house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct pure {
    struct peer peer;
    unsigned place;
    struct session_limits limits;
    struct session *s;
    enum want want;
    bool torn; /* it broke its contract: peer.why */
    bool closed;
    struct house house;
    struct octets in, out;
    size_t in_read, out_read;
};

static struct pure *of(struct peer *p)
{
    return (struct pure *)(void *)p;
}

static void torn(struct pure *p, const char *why)
{
    if (!p->torn)
        snprintf(p->peer.why, sizeof p->peer.why,
                 "the session broke its contract: %s", why);
    p->torn = p->closed = true;
}

static void take_output(struct pure *p)
{
    size_t len;
    const char *out = session_output(p->s, &len);
    if (len > SESSION_OUTPUT)
        torn(p, "more output than it may hold");
    octets_put(&p->out, out, len);
    session_output_written(p->s, len);
}

/* Gives it the octets there are; false when it waits for more. */
static bool do_input(struct pure *p)
{
    size_t used = 0, left = p->in.len - p->in_read;
    take_output(p);
    if (left == 0)
        return false;
    p->want = session_input(p->s, p->in.v + p->in_read, left, &used);
    p->in_read += used;
    if (used > 0 || p->want != WANT_INPUT)
        return true;
    if (left >= SESSION_LINE)
        torn(p, "it takes nothing of a full buffer");
    return false;
}

/* One thing that the session wants; false when that is up to the client. */
static bool serve(struct pure *p)
{
    switch (p->want) {
    case WANT_INPUT:
    case WANT_FLUSH:
        return do_input(p);
    case WANT_CLOSE:
        p->closed = true;
        /* fall through */
    case WANT_TLS:
        take_output(p);
        p->in.len = p->in_read = 0;
        return false;
    default:
        p->want = house_serve(&p->house, p->s, p->want);
        if (p->house.torn)
            torn(p, p->house.torn);
        return true;
    }
}

static void run(struct pure *p)
{
    while (!p->closed && serve(p))
        ;
}

/* The settings that a dialogue names; others are for the live daemon. */
static void settings(struct session_limits *l, const char *text)
{
    char *copy = xstrdup(text), *save = NULL, *end;
    for (char *w = strtok_r(copy, " ", &save); w;
         w = strtok_r(NULL, " ", &save)) {
        char *value = strchrnul(w, '=');
        unsigned long n = *value ? strtoul(value + 1, &end, 10) : 0;
        if (!strncmp(w, "message=", 8))
            l->message = n * (*end == 'K' ? 1024 : 1);
        else if (!strncmp(w, "recipients=", 11))
            l->recipients = (unsigned)n;
        else if (!strncmp(w, "errors=", 7))
            l->errors = (unsigned)n;
        else if (!strcmp(w, "starttls=no"))
            l->starttls = false;
        else if (!strcmp(w, "dsn=no"))
            l->dsn = false;
    }
    free(copy);
}

static bool connect_again(struct pure *p)
{
    session_free(p->s);
    p->in.len = p->in_read = p->out.len = p->out_read = 0;
    p->closed = false;
    p->s = session_new(&p->limits, &p->house.client, "session1");
    if (p->place & PLACE_TLS)
        session_tls(p->s, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    p->want = session_start(p->s);
    run(p);
    return !p->torn;
}

/* "192.0.2.1" or "192.0.2.1 mail.example.com" */
static bool next_client(struct pure *p, const char *text)
{
    char address[NETADDR_TEXT];
    const char *space = strchrnul(text, ' ');
    snprintf(address, sizeof address, "%.*s", (int)(space - text), text);
    p->house.client_verified = *space ? space + 1 : NULL;
    return netaddr_parse(address, &p->house.client);
}

static bool pure_begin(struct peer *peer, const struct dialogue *d)
{
    struct pure *p = of(peer);
    unsigned place = p->place;
    *p = (struct pure){.peer = {.ops = peer->ops}, .place = place};
    p->limits = (struct session_limits){.hostname = "mx.example.org",
                                        .message = 25u * 1024 * 1024,
                                        .recipients = 100,
                                        .errors = 20,
                                        .received = 100,
                                        .starttls = true,
                                        .dsn = true};
    settings(&p->limits, d->settings ? d->settings : "");
    p->house.now = 1700000000;
    p->house.client_verified = d->client_verified;
    if (d->greylist)
        p->house.greylist = greylist_house_new(d->greylist);
    if (!netaddr_parse(d->client, &p->house.client))
        torn(p, "the client has no address");
    octets_put(&p->in, "", 0);
    octets_put(&p->out, "", 0);
    return connect_again(p);
}

static bool pure_send(struct peer *peer, const char *data, size_t len)
{
    struct pure *p = of(peer);
    size_t step = p->place & PLACE_SPLIT ? 1 : len;
    for (size_t i = 0; i < len && !p->closed; i += step) {
        if (p->want == WANT_TLS) {
            snprintf(peer->why, sizeof peer->why, "it waits for TLS");
            return false;
        }
        memmove(p->in.v, p->in.v + p->in_read, p->in.len - p->in_read);
        p->in.len -= p->in_read;
        p->in_read = 0;
        octets_put(&p->in, data + i, step);
        run(p);
    }
    return !p->torn;
}

static enum got pure_line(struct peer *peer, char *line, size_t size,
                          size_t *len)
{
    struct pure *p = of(peer);
    const char *start = p->out.v + p->out_read, *end;
    size_t left = p->out.len - p->out_read;
    if (left == 0)
        return p->closed ? GOT_CLOSED : GOT_NOTHING;
    end = memchr(start, '\n', left);
    *len = end ? (size_t)(end + 1 - start) : left;
    if (*len > size - 1)
        *len = size - 1;
    memcpy(line, start, *len);
    line[*len] = '\0';
    p->out_read += *len;
    return GOT_LINE;
}

static bool pure_silent(struct peer *peer, bool for_good)
{
    struct pure *p = of(peer);
    if (p->torn)
        return false;
    if (p->out_read < p->out.len)
        snprintf(peer->why, sizeof peer->why, "an unexpected reply: %.200s",
                 p->out.v + p->out_read);
    else if (for_good && p->closed)
        snprintf(peer->why, sizeof peer->why, "it closed");
    else
        return true;
    return false;
}

static bool pure_tls(struct peer *peer)
{
    struct pure *p = of(peer);
    if (p->want != WANT_TLS) {
        snprintf(peer->why, sizeof peer->why, "it is not ready for TLS");
        return false;
    }
    p->want = session_tls(p->s, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    run(p);
    return !p->torn;
}

static void pure_close(struct peer *peer)
{
    of(peer)->closed = true;
}

static bool end_session(struct pure *p, const char *text)
{
    p->want = session_end(p->s, text);
    run(p);
    return !p->torn;
}

static bool pure_idle(struct peer *peer)
{
    return end_session(of(peer), "4.4.2 Timeout");
}

static bool pure_house(struct peer *peer, const struct step *step)
{
    struct pure *p = of(peer);
    if (step->kind == STEP_END)
        return end_session(p, step->text);
    if (step->kind == STEP_AGAIN)
        return connect_again(p);
    if (step->kind == STEP_FROM_CLIENT)
        return next_client(p, step->text);
    if (step->kind == STEP_TIME) {
        unsigned sec;
        if (conf_duration(step->text, &sec) != 0)
            return false;
        p->house.now += sec;
        return true;
    }
    if (house_script(&p->house, step->text))
        return true;
    snprintf(peer->why, sizeof peer->why, "house: what?");
    return false;
}

static bool pure_message(struct peer *peer, struct message *out)
{
    return house_message(&of(peer)->house, out);
}

static void pure_end(struct peer *peer)
{
    struct pure *p = of(peer);
    session_free(p->s);
    greylist_house_free(p->house.greylist);
    house_release(&p->house);
    free(p->in.v);
    free(p->out.v);
}

struct peer *pure_new(const struct options *o)
{
    static const struct peer_ops ops = {
        pure_begin, pure_send, pure_line,  pure_silent,  pure_tls,
        pure_close, pure_idle, pure_house, pure_message, pure_end};
    struct pure *p = xcalloc(1, sizeof *p);
    p->peer.ops = &ops;
    p->place = o->place;
    return &p->peer;
}

void pure_free(struct peer *p)
{
    free(p);
}
