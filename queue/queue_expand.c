/*
 * A recipient that turns out to be an alias that leaves: a copy of the message
 * in the queue for where it leads, then it goes on here with what stays.
 *
 * The copy is the same file under another number, made once only: the record
 * tells of it as of a report.  What was asked with NOTIFY goes along by the
 * rules of RFC 3461 §5.2.7.
 */
#include "queue/queue_local.h"

static void write_copy(FILE *out, const void *arg)
{
    const struct local *l = arg;
    unsigned index = l->rcpt->index;

    record_report(out, queue_now(), l->copy, REPORT_EXPAND, &index, 1);
}

static void write_copied(FILE *out, const void *arg)
{
    const struct local *l = arg;

    record_reported(out, queue_now(), l->copy);
}

static void go_on(struct local *l)
{
    if (l->keeps)
        queue_local_open(l);
    else
        queue_local_finish(l, OUTCOME_DELIVERED,
                           "2.1.5 Passed on to where the alias leads");
}

static void on_copied(struct accept *a, enum stored stored)
{
    struct local *l = a->arg;

    if (stored == STORED_OK) {
        queue_append_kept(l->q, l->message->id, write_copied, l);
        l->rcpt->expanded = true;
        if (l->q->deliver != NULL || !l->keeps) {
            go_on(l);
            return;
        }
    }
    queue_local_finish(l, OUTCOME_DEFERRED,
                       "4.3.0 The queue could not take it");
}

/* Where the alias leads outside of this house (RFC 3461 §5.2.7). */
static bool read_targets(struct local *l, struct msg_in *in, struct accept *a)
{
    const struct record_rcpt *rcpt = &l->record->rcpts[l->rcpt->index];
    char text[ADDRESS_TEXT];
    uint32_t keeps, n;

    if (!msg_get_u32(in, &keeps) || !msg_get_u32(in, &l->known_by) ||
        !msg_get_u32(in, &n) || n == 0 || n > RECORD_RECIPIENTS)
        return false;
    l->keeps = keeps != 0;
    l->moved = keeps == 0 && n == 1;
    for (uint32_t i = 0; i < n; i++) {
        struct address to = {0};

        if (!msg_get_str(in, to.local, sizeof(to.local)) ||
            !msg_get_str(in, to.domain, sizeof(to.domain)))
            return false;
        accept_recipient(a, address_text(&to, text, sizeof(text)),
                         l->moved ? rcpt->notify
                                  : dsn_notify_expanded(rcpt->notify),
                         rcpt->orcpt);
    }
    return msg_done(in);
}

const char *queue_expand(struct local *l, struct msg_in *in)
{
    const struct record *r = l->record;
    struct accept *a =
        accept_new(l->q, r->flags, r->session, r->sender, r->envid);

    if (!read_targets(l, in, a)) {
        accept_abort(a);
        return "malformed CHECKED";
    }
    if (l->rcpt->expanded) {
        accept_abort(a);
        go_on(l);
        return NULL;
    }
    l->copy = a->record.id;
    if (accept_link(a, r->id) != STORED_OK ||
        !queue_append(l->fd, write_copy, l)) {
        accept_abort(a);
        queue_local_finish(l, OUTCOME_DEFERRED,
                           "4.3.0 The queue could not take it");
        return NULL;
    }
    l->wants = MSG_COUNT;
    accept_commit(a, r->size, on_copied, l);
    return NULL;
}
