/*
 * Plays the steps of a dialogue against a peer.
 *
 * Lines of the client in a row are one segment. Nothing that the server says
 * may be left over when the client speaks next, and no message may have been
 * stored at the end that no step looked at.
 */
#include "tests/dialogue/run.h"

#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct play {
    struct peer *peer;
    const struct dialogue *d;
    size_t i;       /* the step that is due */
    char *reply;    /* the last whole reply, its lines without code and CRLF */
    bool continued; /* the last line was not the reply's last */
    bool plain;     /* greeting, EHLO, HELO: no enhanced status codes */
    bool gone;      /* the connection is closed, by whomever */
    bool looking;   /* message is what the last 250 stored */
    struct message message;
    const char *body; /* what of it no STEP_BODY has matched; NULL: all */
};

static bool fail(struct play *p, const char *what, const char *expected,
                 const char *got)
{
    snprintf(p->peer->why, sizeof p->peer->why, "%s%s%.180s%s%.250s", what,
             expected ? "\n#   expected: " : "", expected ? expected : "",
             got ? "\n#   got:      " : "", got ? got : "");
    return false;
}

/* What is left of a message that was looked at. */
static bool done_looking(struct play *p)
{
    bool ok = !p->looking || !p->body ||
              p->body == p->message.body + p->message.body_len;
    if (!ok)
        fail(p, "the message goes on", NULL, p->body);
    else if (p->looking)
        message_free(&p->message);
    p->looking = p->looking && !ok;
    return ok;
}

static bool look(struct play *p)
{
    if (p->looking)
        return true;
    p->looking = p->peer->ops->message(p->peer, &p->message);
    p->body = NULL;
    return p->looking;
}

static bool client_speaks(struct play *p)
{
    const struct dialogue *d = p->d;
    size_t len = 0, last = p->i;
    char *segment = NULL;
    bool ok = p->peer->ops->silent(p->peer, false);
    for (; last < d->n && d->steps[last].kind == STEP_CLIENT; last++) {
        const struct step *s = &d->steps[last];
        if (len + s->len + 1 > len)
            segment = xrealloc(segment, len + s->len + 1, 1);
        memcpy(segment + len, s->text, s->len);
        len += s->len;
    }
    ok = ok && p->peer->ops->send(p->peer, segment, len);
    free(segment);
    if (ok)
        p->i = last - 1;
    return ok;
}

/* Reads a reply line; what differs from the step is the failure. */
static bool next_line(struct play *p, const char *expected, char *line,
                      size_t size)
{
    static const char name[] = "mx.example.org";
    const char *fault;
    size_t len;
    enum got got = p->peer->ops->line(p->peer, line, size, &len);
    if (got != GOT_LINE)
        return fail(p,
                    got == GOT_CLOSED ? "the server closed" : "no more replies",
                    expected, NULL);
    if (!p->continued)
        p->plain = !strncmp(line + 4, name, sizeof name - 1);
    p->continued = line[3] == '-';
    fault = reply_fault(line, len, !p->plain);
    if (fault)
        return fail(p, fault, expected, line);
    line[len - 2] = '\0';
    return true;
}

static bool whole_reply(struct play *p, const char *code)
{
    char line[1024];
    size_t len = 0, n;
    bool more = true;
    free(p->reply);
    p->reply = NULL;
    while (more) {
        if (!next_line(p, code, line, sizeof line))
            return false;
        if (strncmp(line, code, 3))
            return fail(p, "another reply", code, line);
        more = line[3] == '-';
        n = strlen(line + 4);
        p->reply = xrealloc(p->reply, len + n + 2, 1);
        memcpy(p->reply + len, line + 4, n);
        len += n;
        memcpy(p->reply + len++, "\n", 2);
    }
    return true;
}

static bool server_speaks(struct play *p, const char *pattern)
{
    char line[1024];
    if (strlen(pattern) == 7 && !strcmp(pattern + 3, " ..."))
        return whole_reply(p, pattern);
    free(p->reply);
    p->reply = NULL;
    return next_line(p, pattern, line, sizeof line) &&
           (matches(pattern, line) || fail(p, "another reply", pattern, line));
}

/* Whether a line of text, each ending in LF, matches the pattern. */
static bool has_line(const char *text, const char *pattern)
{
    char *copy = xstrdup(text ? text : ""), *save = NULL;
    bool found = false;
    for (char *l = strtok_r(copy, "\n", &save); l && !found;
         l = strtok_r(NULL, "\n", &save))
        found = matches(pattern, l);
    free(copy);
    return found;
}

static bool body_line(struct play *p, const struct step *s)
{
    const char *end = p->message.body + p->message.body_len;
    if (!p->body)
        p->body = p->message.body;
    if ((size_t)(end - p->body) <= s->len || memcmp(p->body, s->text, s->len) ||
        p->body[s->len] != '\n')
        return fail(p, "another line in the message", s->text, p->body);
    p->body += s->len + 1;
    return true;
}

static bool message_step(struct play *p, const struct step *s)
{
    struct message *m = &p->message;
    char number[32];
    char *to = NULL;
    bool ok = true;
    if (!look(p))
        return fail(p, "no message was stored", s->text, NULL);
    switch (s->kind) {
    case STEP_TO:
        to = xstrdup(s->text);
        if (!strchr(to, '*'))
            sort_words(to);
        ok = matches(to, m->to) || fail(p, "other recipients", to, m->to);
        break;
    case STEP_FROM:
        ok = matches(s->text, m->from) ||
             fail(p, "another sender", s->text, m->from);
        break;
    case STEP_FIELD:
    case STEP_FIELD_NOT:
        ok = has_line(m->fields, s->text) == (s->kind == STEP_FIELD) ||
             fail(p, "other trace fields", s->text, m->fields);
        break;
    case STEP_OCTETS:
        snprintf(number, sizeof number, "%zu", m->body_len);
        ok = !strcmp(number, s->text) ||
             fail(p, "another size", s->text, number);
        break;
    default:
        ok = body_line(p, s);
    }
    free(to);
    return ok;
}

static bool server_closed(struct play *p)
{
    char line[1024];
    size_t len;
    enum got got = p->peer->ops->line(p->peer, line, sizeof line, &len);
    p->gone = got == GOT_CLOSED;
    return p->gone || fail(p, "the connection is open", NULL,
                           got == GOT_LINE ? line : NULL);
}

static bool is_message_step(enum step_kind kind)
{
    return kind >= STEP_TO && kind <= STEP_OCTETS;
}

static bool one_step(struct play *p, const struct step *s)
{
    const struct peer_ops *ops = p->peer->ops;
    if (is_message_step(s->kind))
        return message_step(p, s);
    if (!done_looking(p))
        return false;
    switch (s->kind) {
    case STEP_CLIENT:
        return client_speaks(p);
    case STEP_SERVER:
        return server_speaks(p, s->text);
    case STEP_HAS:
    case STEP_HAS_NOT:
        return has_line(p->reply, s->text) == (s->kind == STEP_HAS) ||
               fail(p, "in the reply", s->text, p->reply);
    case STEP_TLS:
        return ops->tls(p->peer);
    case STEP_CLOSED:
        return server_closed(p);
    case STEP_CLOSE:
        p->gone = true;
        ops->close(p->peer);
        return true;
    case STEP_IDLE:
        return ops->idle(p->peer);
    case STEP_AGAIN:
        p->gone = false;
        return ops->house(p->peer, s);
    case STEP_HOUSE:
    case STEP_END:
    case STEP_TIME:
    case STEP_FROM_CLIENT:
        return ops->house(p->peer, s);
    default:
        return true;
    }
}

bool play(struct peer *peer, const struct dialogue *d, const struct step **step)
{
    struct play p = {.peer = peer, .d = d};
    bool ok = peer->ops->begin(peer, d);
    for (; ok && p.i < d->n; p.i++) {
        *step = &d->steps[p.i];
        ok = one_step(&p, *step);
    }
    ok = ok && done_looking(&p) && (p.gone || peer->ops->silent(peer, true));
    if (ok && peer->ops->message(peer, &p.message)) {
        ok = fail(&p, "a message was stored that nobody expected", NULL,
                  p.message.body);
    }
    message_free(&p.message);
    free(p.reply);
    peer->ops->end(peer);
    return ok;
}
