/*
 * The questions that smtpd asks of deliver, queue, greylist and resolver.
 *
 * A connection has at most one question under way to each of them; the id of
 * both is the connection's.  Ids are never used twice, so an answer that finds
 * no connection belongs to one that ended meanwhile.  When deliver goes away,
 * every waiting connection gets a "try later"; when resolver does, clients have
 * no name for a while; when greylist does, nobody is made to wait: it must
 * never be the reason that mail is lost.
 */
#include "lib/log.h"
#include "smtpd/server.h"

#include <string.h>
#include <unistd.h>

static struct msg_out out; /* one at a time is written */

struct conn *house_find(struct server *s, uint64_t id)
{
    struct conn *c = s->table[id % CONN_MAX];

    return c != NULL && c->id == id ? c : NULL;
}

static int ask(struct chan *peer, enum msg_type type, struct conn *c,
               const struct msg_out *payload)
{
    return peer != NULL ? chan_send(peer, type, c->id, payload, -1) : -1;
}

void house_name(struct conn *c)
{
    uint32_t family = c->client.family;

    c->name_state = NAME_KNOWN;
    if (family == 0)
        return;
    msg_reset(&out);
    msg_put_u32(&out, family);
    msg_put_mem(&out, c->client.octets, family == 4 ? 4 : 16);
    if (ask(c->server->resolver, MSG_NAME, c, &out) == 0)
        c->name_state = NAME_ASKED;
}

void house_check(struct conn *c)
{
    const struct address *a = session_recipient(c->session);

    msg_reset(&out);
    msg_put_str(&out, a->local);
    msg_put_str(&out, a->domain);
    c->asked = 1u << PROGRAM_DELIVER;
    if (ask(c->server->deliver, MSG_CHECK, c, &out) == 0)
        return;
    c->asked = 0;
    c->want = session_checked(c->session, CHECKED_FAILURE);
}

/* The verdict, and if the recipient was accepted, its route. */
static void take_verdict(struct conn *c, const struct verdict *v)
{
    size_t before = session_recipient_count(c->session);

    c->want = session_verdict(c->session, v);
    if (session_recipient_count(c->session) > before)
        routes_accept(&c->routes);
}

static void pass(struct conn *c)
{
    static const struct verdict v = {.judged = JUDGED_PASS};

    take_verdict(c, &v);
}

void house_judge(struct conn *c)
{
    const struct address *from = session_sender(c->session);
    const struct address *to = session_recipient(c->session);

    if (c->settings->conf->greylist.mode == GREYLIST_OFF || c->verdict_late) {
        pass(c);
        return;
    }
    msg_reset(&out);
    msg_put_u32(&out, c->client.family);
    msg_put_mem(&out, c->client.octets, sizeof(c->client.octets));
    msg_put_str(&out, c->name);
    msg_put_str(&out, session_helo(c->session));
    msg_put_str(&out, session_transaction_id(c->session));
    msg_put_str(&out, from->local);
    msg_put_str(&out, from->domain);
    msg_put_str(&out, to->local);
    msg_put_str(&out, to->domain);
    c->asked = 1u << PROGRAM_GREYLIST;
    c->judging_since = server_now();
    if (ask(c->server->greylist, MSG_JUDGE, c, &out) == 0)
        return;
    c->asked = 0;
    pass(c);
}

void house_pass(struct conn *c)
{
    log_warn("session %s: greylist does not answer: not greylisted", c->sid);
    c->asked = 0;
    c->verdict_late = true;
    pass(c);
    conn_pump(c);
}

static void take_checked(struct conn *c, uint32_t answer, struct msg_in *in)
{
    const struct address *sender = session_sender(c->session);
    enum checked checked = (enum checked)answer;

    if (session_recipient_count(c->session) == 0)
        routes_clear(&c->routes, sender->local[0] != '\0');
    checked =
        routes_take(&c->routes, checked, in, session_recipient(c->session),
                    session_recipient_params(c->session));
    if (routes_needs_queue(&c->routes) && c->server->queue == NULL)
        checked = CHECKED_FAILURE;
    c->want = session_checked(c->session, checked);
}

/* What the connection waits for, by the answer that came. */
static enum want answered(enum msg_type type)
{
    return type == MSG_CHECKED  ? WANT_CHECK
           : type == MSG_OPENED ? WANT_OPEN
                                : WANT_COMMIT;
}

/* From deliver, and from queue, which has no CHECKED. */
static void on_storage(struct chan *ch, struct msg *m, void *arg)
{
    struct conn *c = house_find(arg, m->id);
    enum program peer = chan_peer(ch);
    uint32_t answer;

    msg_get_u32(&m->in, &answer);
    if (c == NULL) {
        if (m->fd >= 0)
            close(m->fd);
        return;
    }
    if (!(c->asked & 1u << peer) || c->want != answered(m->type) ||
        answer > (m->type == MSG_CHECKED ? CHECKED_FAILURE : STORED_FAILURE)) {
        if (m->fd >= 0)
            close(m->fd);
        chan_violation(ch, "an answer that nobody asked for");
        return;
    }
    if (m->type == MSG_CHECKED) {
        c->asked = 0;
        take_checked(c, answer, &m->in);
    } else if (m->type == MSG_OPENED) {
        places_opened(c, peer, (enum stored)answer, m->fd);
    } else {
        places_committed(c, peer, (enum stored)answer);
    }
    conn_pump(c);
}

static void on_greylist(struct chan *ch, struct msg *m, void *arg)
{
    struct conn *c = house_find(arg, m->id);
    static struct verdict v;
    uint32_t judged;

    msg_get_u32(&m->in, &judged);
    msg_get_str(&m->in, v.reply, sizeof(v.reply));
    msg_get_str(&m->in, v.header, sizeof(v.header));
    if (c == NULL)
        return;
    if (c->verdict_late) {
        c->verdict_late = false;
        return;
    }
    if (!msg_done(&m->in) || judged > JUDGED_DEFER_AT_DATA || c->asked == 0 ||
        c->want != WANT_VERDICT) {
        chan_violation(ch, "a verdict that nobody asked for, or none");
        return;
    }
    v.judged = (enum judged)judged;
    c->asked = 0;
    take_verdict(c, &v);
    conn_pump(c);
}

static void on_resolver(struct chan *ch, struct msg *m, void *arg)
{
    struct conn *c = house_find(arg, m->id);
    char name[sizeof(c->name)];
    uint32_t named;

    (void)ch;
    msg_get_u32(&m->in, &named);
    msg_get_str(&m->in, name, sizeof(name));
    if (c == NULL || c->name_state != NAME_ASKED)
        return;
    if (msg_done(&m->in) && named == NAMED_VERIFIED &&
        address_is_hostname(name, strlen(name)))
        memcpy(c->name, name, sizeof(name));
    c->name_state = NAME_KNOWN;
    conn_pump(c);
}

/* deliver or queue is gone: nobody will answer those who wait for it. */
static void storage_gone(struct conn *c, enum program peer)
{
    bool waits = c->asked & 1u << peer;

    if (waits && c->want == WANT_CHECK) {
        c->asked = 0;
        c->want = session_checked(c->session, CHECKED_FAILURE);
    } else {
        places_gone(c, peer);
    }
    if (waits)
        conn_pump(c);
}

static void greylist_gone(struct conn *c)
{
    c->verdict_late = false;
    if (c->asked == 0 || c->want != WANT_VERDICT)
        return;
    c->asked = 0;
    pass(c);
    conn_pump(c);
}

static void resolver_gone(struct conn *c)
{
    if (c->name_state != NAME_ASKED)
        return;
    c->name_state = NAME_KNOWN;
    conn_pump(c);
}

static struct chan **slot_of(struct server *s, enum program peer)
{
    return peer == PROGRAM_DELIVER    ? &s->deliver
           : peer == PROGRAM_QUEUE    ? &s->queue
           : peer == PROGRAM_GREYLIST ? &s->greylist
                                      : &s->resolver;
}

static void on_closed(struct chan *ch, const char *why, void *arg)
{
    struct server *s = arg;
    enum program peer = chan_peer(ch);
    struct conn *c, *next;

    log_warn("%s: channel: %s", program_name(peer), why);
    chan_free(ch);
    *slot_of(s, peer) = NULL;
    child_lost(peer);
    for (c = s->first; c != NULL; c = next) {
        next = c->next; /* the pump may free c, but no other */
        if (peer == PROGRAM_DELIVER || peer == PROGRAM_QUEUE)
            storage_gone(c, peer);
        else if (peer == PROGRAM_GREYLIST)
            greylist_gone(c);
        else
            resolver_gone(c);
    }
}

void house_peer(struct server *s, enum program peer, int fd)
{
    static const struct chan_ops ops[PROGRAM_COUNT] = {
        [PROGRAM_DELIVER] = {on_storage, on_closed},
        [PROGRAM_QUEUE] = {on_storage, on_closed},
        [PROGRAM_GREYLIST] = {on_greylist, on_closed},
        [PROGRAM_RESOLVER] = {on_resolver, on_closed},
    };
    struct chan **slot = slot_of(s, peer);

    if (*slot != NULL) /* the parent knew of its death before we did */
        on_closed(*slot, "replaced", s);
    *slot = chan_new(s->child->base, fd, PROGRAM_SMTPD, peer, &ops[peer], s);
    chan_phase(*slot, PHASE_RUNNING);
}
