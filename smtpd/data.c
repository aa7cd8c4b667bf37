/*
 * DATA (RFC 5321 §4.1.1.4) and BDAT (RFC 3030), and storing what they bring.
 *
 * A place is asked for before the first octet.  From the first trouble on
 * nothing more is stored and the place is given up, but the data are read to
 * their end: only then is the reply due, and only then is the next octet a
 * command again.  Whatever the end, the transaction is over after it.
 */
#include "smtpd/session_internal.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *stored_text(enum stored stored)
{
    switch (stored) {
    case STORED_FULL_DISK:
        return "452 4.3.1 No space left, try later";
    case STORED_FULL_MAILBOX:
        return "452 4.2.2 Mailbox full";
    default:
        return "451 4.3.0 Could not store the message, try later";
    }
}

/*
 * Of several troubles one is named, and which must not depend on where the
 * network cut the data: what smuggles comes first, what the disk says last.
 * NULL when there is none.
 */
static const char *trouble_text(const struct session *s)
{
    const struct body *b = &s->t.body;

    if (b->bad)
        return "550 5.6.11 Bare CR, bare LF or NUL in the message";
    if (b->octets > s->limits->message)
        return "552 5.3.4 Message too big";
    if (b->received > s->limits->received)
        return "554 5.4.6 Too many Received fields: a loop";
    return s->t.stored != STORED_OK ? stored_text(s->t.stored) : NULL;
}

/* The transaction ends with this reply. */
static enum want conclude(struct session *s, const char *text)
{
    enum want want;

    if (text[0] == '2')
        want = reply_event(s, EVENT_MESSAGE, "%s %s", text, s->transaction_id);
    else
        want = reply_event(s, EVENT_MESSAGE, "%s", text);
    session_reset(s);
    s->mode = MODE_LINE;
    if (want != WANT_CLOSE)
        session_enter(s, STATE_READY);
    return want;
}

/* Gives the place up as soon as the message cannot be stored any more. */
static void judge(struct session *s)
{
    if (!s->t.open || trouble_text(s) == NULL)
        return;
    s->abort_due = true;
    s->t.open = false;
}

/* A recipient was to wait, but only now: the transaction is over. */
static enum want defer(struct session *s)
{
    enum want want = reply_lines(s, s->t.defer);

    session_reset(s);
    if (want != WANT_CLOSE)
        session_enter(s, STATE_READY);
    return want;
}

enum want do_data(struct session *s, const struct command *c)
{
    (void)c;
    if (s->state == STATE_REFUSED)
        return reply(s, "554 5.5.1 No valid recipients");
    if (s->t.defer[0] != '\0')
        return defer(s);
    session_enter(s, STATE_DATA);
    s->mode = MODE_DATA;
    s->data_ended = false;
    body_init(&s->t.body, true);
    return WANT_OPEN;
}

/* All octets are there, and nothing was wrong so far. */
static enum want complete(struct session *s)
{
    const char *trouble = trouble_text(s);

    return trouble != NULL ? conclude(s, trouble) : WANT_COMMIT;
}

static enum want chunk_end(struct session *s)
{
    unsigned long long size = s->chunk_size;

    if (s->chunk_refusal != NULL) {
        s->mode = MODE_LINE;
        return s->chunk_refusal == s->t.defer
                   ? defer(s)
                   : reply(s, "%s", s->chunk_refusal);
    }
    if (s->chunk_last) {
        body_finish(&s->t.body);
        judge(s);
    }
    if (s->chunk_last || trouble_text(s) != NULL)
        return complete(s);
    s->mode = MODE_LINE;
    session_enter(s, STATE_CHUNKS);
    return reply(s, "250 2.0.0 %llu octets", size);
}

/* "1000" or "1000 LAST" */
static bool parse_chunk(const struct command *c, uint64_t *size, bool *last)
{
    size_t i = 0;

    *size = 0;
    while (i < c->len && isdigit((unsigned char)c->args[i])) {
        if (i == 18)
            return false;
        *size = *size * 10 + (uint64_t)(c->args[i++] - '0');
    }
    if (i == 0)
        return false;
    *last = i < c->len;
    return !*last ||
           (c->len - i == 5 && strncasecmp(c->args + i, " LAST", 5) == 0);
}

static const char *chunk_refusal(const struct session *s)
{
    switch (s->state) {
    case STATE_RCPT:
    case STATE_CHUNKS:
        return s->t.defer[0] != '\0' ? s->t.defer : NULL;
    case STATE_REFUSED:
        return "554 5.5.1 No valid recipients";
    default:
        return "503 5.5.1 BDAT comes after RCPT";
    }
}

enum want do_bdat(struct session *s, const struct command *c)
{
    bool first = s->state == STATE_RCPT;

    if (!parse_chunk(c, &s->chunk_size, &s->chunk_last)) {
        if (reply(s, "501 5.5.4 Write BDAT octets, or BDAT octets LAST") ==
            WANT_CLOSE)
            return WANT_CLOSE; /* one error too many: 421 is said */
        return session_hang_up(s, "4.5.4 The chunk has no known end");
    }
    s->chunk = s->chunk_size;
    s->mode = MODE_CHUNK;
    s->chunk_refusal = chunk_refusal(s);
    if (s->chunk_refusal == NULL)
        session_enter(s, STATE_DATA);
    if (first && s->chunk_refusal == NULL) {
        body_init(&s->t.body, false);
        return WANT_OPEN;
    }
    return s->chunk == 0 ? chunk_end(s) : WANT_INPUT;
}

/* Where reading stands once a piece is stored, or need not be. */
static enum want proceed(struct session *s)
{
    if (s->mode == MODE_DATA)
        return s->data_ended ? complete(s) : WANT_INPUT;
    return s->chunk == 0 ? chunk_end(s) : WANT_INPUT;
}

enum want data_input(struct session *s, char *buf, size_t len, size_t *used)
{
    size_t stored = 0;

    if (s->mode == MODE_CHUNK && len > s->chunk)
        len = (size_t)s->chunk;
    if (s->chunk_refusal != NULL && s->mode == MODE_CHUNK)
        *used = len;
    else
        s->data_ended = body_decode(&s->t.body, buf, len, used, &stored);
    if (s->mode == MODE_CHUNK)
        s->chunk -= *used;
    if (s->mode == MODE_DATA || s->chunk_refusal == NULL)
        judge(s);
    if (stored == 0 || !s->t.open)
        return proceed(s);
    s->piece = buf;
    s->piece_len = stored;
    return WANT_WRITE;
}

enum want session_answer_opened(struct session *s, enum stored stored,
                                const char *name, time_t now)
{
    if (stored == STORED_OK) {
        s->t.open = true;
        s->piece = s->trace;
        s->piece_len = trace_received(s, name, now);
        return WANT_WRITE;
    }
    if (s->mode == MODE_DATA)
        return conclude(s, stored_text(stored));
    s->t.stored = stored;
    return proceed(s);
}

enum want session_answer_written(struct session *s, enum stored stored)
{
    bool was_trace = s->piece == s->trace;

    s->t.stored = stored;
    judge(s);
    if (!was_trace || s->mode == MODE_CHUNK)
        return proceed(s);
    if (stored != STORED_OK)
        return conclude(s, stored_text(stored));
    return reply(s, "354 End with a dot on a line of its own");
}

enum want session_answer_committed(struct session *s, enum stored stored)
{
    s->t.open = false;
    return conclude(s, stored == STORED_OK ? "250 2.0.0 Stored as"
                                           : stored_text(stored));
}

const char *session_body(const struct session *s, size_t *len)
{
    *len = s->piece_len;
    return s->piece;
}
