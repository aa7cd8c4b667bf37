/*
 * The house behind the receiver's session: it takes every recipient, and does
 * to each what it ordered (orders.h).
 *
 * A transaction's attempts are drafts until it is over, because what a sender
 * does after a refusal belongs to the attempt: then they are written down, in
 * the order of their RCPT.  Of several recipients in one transaction, the
 * first order about DATA or the message counts for all.
 */
#include "lab/receive.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define AT_DATA     "as ordered at DATA"
#define NOBODY      "554 5.5.1 No valid recipients"
#define NO_COMMAND  "500 "
#define WITHOUT_TLS "220 STARTTLS, which then failed as ordered"

void house_begin(struct guest_conn *c)
{
    c->limits = (struct session_limits){.message = 64u * 1024 * 1024,
                                        .recipients = DRAFTS,
                                        .errors = 20,
                                        .received = 100};
    memcpy(c->limits.hostname, c->trap->hostname, sizeof(c->limits.hostname));
    c->tls_fails = book_tls_fails(&c->trap->book, &c->client);
    c->limits.starttls = c->tls_fails != NULL;
}

static void set_reply(struct draft *d, enum seen_step step, const char *reply)
{
    d->seen.step = step;
    snprintf(d->reply, sizeof(d->reply), "%.*s", (int)strcspn(reply, "\r\n"),
             reply);
    d->seen.code = (unsigned)strtoul(reply, NULL, 10);
}

static void enter(struct guest_conn *c, struct draft *d)
{
    struct seen *s = &d->seen;

    s->insists = c->insists && !d->accepted;
    s->helo = session_helo(c->session);
    s->sender = d->sender;
    s->recipient = d->recipient;
    s->reply = d->reply;
    s->message = s->step == SEEN_DOT ? c->content.id : "";
    book_enter(&c->trap->book, s);
    if (strcmp(s->sender, "<>") == 0 && s->step == SEEN_DOT && s->code == 250)
        book_reports(&c->trap->book, s, &c->content);
}

void house_end(struct guest_conn *c)
{
    for (size_t i = 0; i < c->n; i++) {
        enter(c, c->drafts[i]);
        free(c->drafts[i]);
    }
    c->n = 0;
    c->refused_data = c->insists = false;
}

void house_tls(struct guest_conn *c)
{
    struct seen s = {.time_ms = book_now_ms(),
                     .mx = c->mx,
                     .client = c->client,
                     .step = SEEN_TLS,
                     .code = 220,
                     .helo = session_helo(c->session),
                     .sender = "",
                     .recipient = c->tls_fails->address,
                     .message = "",
                     .reply = WITHOUT_TLS};

    book_enter(&c->trap->book, &s);
}

static struct draft *draft_new(struct guest_conn *c)
{
    struct draft *d = xcalloc(1, sizeof(*d));
    const struct address *from = session_sender(c->session);

    address_text(session_recipient(c->session), d->recipient,
                 sizeof(d->recipient));
    if (from->local[0] == '\0' && from->domain[0] == '\0')
        memcpy(d->sender, "<>", 3);
    else
        address_text(from, d->sender, sizeof(d->sender));
    d->seen.time_ms = book_now_ms();
    d->seen.mx = c->mx;
    d->seen.client = c->client;
    d->seen.step = SEEN_RCPT;
    d->guest = book_guest(&c->trap->book, d->recipient);
    c->drafts[c->n++] = d;
    return d;
}

/* Recipients of that kind before it in the transaction. */
static unsigned same_kind(const struct guest_conn *c, enum order_kind kind)
{
    unsigned n = 0;

    for (size_t i = 0; i + 1 < c->n; i++)
        n += c->drafts[i]->guest->order.kind == kind;
    return n;
}

static bool order_holds(const struct guest_conn *c, const struct draft *d)
{
    const struct guest *g = d->guest;
    double since = (double)(d->seen.time_ms - g->first_ms) / 1000 *
                   c->trap->book.seen.speed;

    return order_stands(&g->order, g->attempts, since,
                        same_kind(c, g->order.kind));
}

static void set_pace(struct guest_conn *c, const struct order *o)
{
    if (o->kind == ORDER_SLOW) {
        c->pace = PACE_SLOW;
        c->pace_sec = o->wait_sec;
    } else if (o->kind == ORDER_TARPIT) {
        c->pace = PACE_TARPIT;
        c->pace_sec = 1;
    }
}

/* RCPT: the reply, as ordered. */
static enum want answer_rcpt(struct guest_conn *c)
{
    static const struct order accept = {.kind = ORDER_ACCEPT};
    struct draft *d = draft_new(c);
    const struct order *o = &d->guest->order;
    struct verdict v = {.judged = JUDGED_PASS};
    char class = o->code >= 500 ? '5' : '4';

    d->stands = order_holds(c, d);
    book_attempt(d->guest, &d->seen, d->stands);
    if (!d->stands)
        o = &accept;
    set_pace(c, o);
    switch (o->kind) {
    case ORDER_DROP_RCPT:
        return WANT_CLOSE;
    case ORDER_RCPT:
    case ORDER_MIXED:
    case ORDER_TLS_FAIL:
        v.judged = JUDGED_DEFER;
        snprintf(v.reply, sizeof(v.reply), "%u %c.7.1 Refused as ordered",
                 o->code, class);
        break;
    case ORDER_AT_DATA:
        v.judged = JUDGED_DEFER_AT_DATA;
        snprintf(v.reply, sizeof(v.reply), "%u %c.7.1 Refused " AT_DATA,
                 o->code, class);
        break;
    default:
        break;
    }
    d->accepted = v.judged != JUDGED_DEFER;
    set_reply(d, SEEN_RCPT, d->accepted ? "250 2.1.5 Ok" : v.reply);
    return session_verdict(c->session, &v);
}

/* The first order of that kind that stands, or NULL. */
static const struct order *ordered(const struct guest_conn *c,
                                   enum order_kind kind)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->drafts[i]->stands && c->drafts[i]->guest->order.kind == kind)
            return &c->drafts[i]->guest->order;
    return NULL;
}

/* All that were accepted so far came to that step, and got that reply. */
static void came_to(struct guest_conn *c, enum seen_step step,
                    const char *reply)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->drafts[i]->accepted)
            set_reply(c->drafts[i], step, reply);
}

static enum want answer_open(struct guest_conn *c)
{
    content_init(&c->content);
    came_to(c, SEEN_DATA, "");
    if (ordered(c, ORDER_DROP_DATA) != NULL)
        return WANT_CLOSE;
    return session_opened(c->session, STORED_OK, NULL,
                          (time_t)(book_now_ms() / 1000));
}

static enum want answer_commit(struct guest_conn *c)
{
    const struct order *o = ordered(c, ORDER_AFTER_DOT);

    came_to(c, SEEN_DOT, "");
    if (ordered(c, ORDER_DROP_DOT) != NULL)
        return WANT_CLOSE;
    if (o == NULL)
        return session_committed(c->session, STORED_OK);
    return session_committed(c->session, o->code == 452 ? STORED_FULL_DISK
                                                        : STORED_FAILURE);
}

/* A new transaction ends the one before. */
static void follow(struct guest_conn *c)
{
    const char *id = session_transaction_id(c->session);

    if (strcmp(id, c->transaction) == 0)
        return;
    house_end(c);
    snprintf(c->transaction, sizeof(c->transaction), "%s", id);
}

static void on_event(void *arg, const struct session_event *e)
{
    struct guest_conn *c = arg;

    if (e->kind == EVENT_MESSAGE)
        came_to(c, SEEN_DOT, e->reply);
}

enum want house_answer(struct guest_conn *c, enum want want)
{
    const char *piece;
    size_t len;

    session_on_event(c->session, on_event, c);
    switch (want) {
    case WANT_CHECK:
        follow(c);
        if (c->n == DRAFTS)
            return session_checked(c->session, CHECKED_FAILURE);
        return session_checked(c->session, CHECKED_LOCAL);
    case WANT_VERDICT:
        return answer_rcpt(c);
    case WANT_OPEN:
        return answer_open(c);
    case WANT_WRITE:
        piece = session_body(c->session, &len);
        content_add(&c->content, piece, len);
        return session_written(c->session, STORED_OK);
    case WANT_COMMIT:
        return answer_commit(c);
    default:
        return session_aborted(c->session);
    }
}

/* One line; a client that says all at once gets many in one text. */
static void house_reply(struct guest_conn *c, const char *line, size_t len)
{
    if (memmem(line, len, AT_DATA, sizeof(AT_DATA) - 1) != NULL)
        came_to(c, SEEN_DATA, line);
    if (c->refused_data && len >= 4 && memcmp(line, NO_COMMAND, 4) == 0)
        c->insists = true;
    if (memmem(line, len, NOBODY, sizeof(NOBODY) - 1) != NULL)
        c->refused_data = true;
}

void house_replies(struct guest_conn *c, const char *text, size_t len)
{
    const char *end;

    for (; (end = memchr(text, '\n', len)) != NULL; text = end) {
        size_t line = (size_t)(++end - text);

        house_reply(c, text, line);
        len -= line;
    }
}
