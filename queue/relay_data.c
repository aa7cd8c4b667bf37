/*
 * The message: BDAT where CHUNKING is offered (RFC 3030: no dots, nothing to
 * smuggle), else DATA.
 *
 * A piece that the caller gives is one chunk.  Without PIPELINING each chunk
 * waits for the answer to the one before it.  An answer that comes before the
 * end was sent can only be bad news: it is believed when it is 4xx or 5xx,
 * and the session ends, for there is no other way to take the rest back.
 */
#include "queue/relay_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void relay_begin_data(struct relay_session *s)
{
    bool chunks = s->extensions & EXT_CHUNKING;

    relay_body_init(&s->body, !chunks);
    s->sent = s->answered = 0;
    if (chunks) {
        relay_enter(s, RELAY_MESSAGE);
    } else {
        relay_command(s, "DATA");
        relay_enter(s, RELAY_DATA);
    }
}

void relay_on_data(struct relay_session *s)
{
    if (s->reply.code == 354) {
        relay_enter(s, RELAY_MESSAGE);
    } else if (s->reply.code >= 400) {
        relay_tell_all(s);
        relay_enter(s, RELAY_DONE);
    } else {
        relay_unexpected(s);
    }
}

bool relay_wants_message(const struct relay_session *s)
{
    return s->body.dots || s->extensions & EXT_PIPELINING ||
           s->sent == s->answered;
}

/* Room for the command before the chunk is left, and closed up behind it. */
static void put_chunk(struct relay_session *s, const char *buf, size_t len,
                      bool last)
{
    char command[40];
    char *at = s->out + s->out_len;
    size_t n =
        relay_body_encode(&s->body, buf, len, last, at + sizeof(command));
    int c = snprintf(command, sizeof(command), "BDAT %zu%s\r\n", n,
                     last ? " LAST" : "");

    memcpy(at, command, (size_t)c);
    memmove(at + c, at + sizeof(command), n);
    s->out_len += (size_t)c + n;
    s->sent++;
}

enum relay_want relay_session_body(struct relay_session *s, const char *buf,
                                   size_t len, bool last)
{
    assert(s->state == RELAY_MESSAGE && relay_wants_message(s));
    assert(len <= RELAY_PIECE && s->out_len == 0);
    if (!s->body.dots)
        put_chunk(s, buf, len, last);
    else
        s->out_len = relay_body_encode(&s->body, buf, len, last, s->out);
    s->progress++;
    if (last) {
        if (s->body.dots)
            relay_command(s, ".");
        relay_enter(s, RELAY_DOT);
        s->hooks.dot(s->arg);
    }
    return relay_want(s);
}

/* Bad news in the midst of it. */
static void give_up(struct relay_session *s)
{
    relay_tell_all(s);
    relay_enter(s, RELAY_CLOSED);
}

void relay_on_message(struct relay_session *s)
{
    if (s->reply.code >= 400)
        give_up(s);
    else if (s->reply.code < 300 && !s->body.dots && s->answered < s->sent)
        s->answered++;
    else
        relay_unexpected(s);
}

void relay_on_dot(struct relay_session *s)
{
    bool last = s->body.dots || ++s->answered == s->sent;

    if (s->reply.code / 100 == 3) {
        relay_unexpected(s);
    } else if (s->reply.code >= 400 && (!last || s->out_len > 0)) {
        give_up(s);
    } else if (last) {
        s->dirty = false;
        relay_tell_all(s);
        relay_enter(s, RELAY_DONE);
    }
}
