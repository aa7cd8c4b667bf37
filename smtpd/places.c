/*
 * The places that a transaction has: one at deliver when some of it stays
 * here, one at queue when some of it leaves, and the same octets go to both.
 *
 * All of it is stored, or the sender is told to come back.  The places are
 * asked for together, and made durable one after the other, deliver's first:
 * if queue fails then, the sender's next try makes a second copy here, and
 * none elsewhere.
 */
#include "lib/log.h"
#include "queue/job.h"
#include "smtpd/server.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DELIVER (1u << PROGRAM_DELIVER)
#define QUEUE   (1u << PROGRAM_QUEUE)

static struct msg_out out; /* one at a time is written */

static struct chan *peer_of(const struct conn *c, unsigned place)
{
    return place == DELIVER ? c->server->deliver : c->server->queue;
}

static int *file_of(struct conn *c, unsigned place)
{
    return place == DELIVER ? &c->body : &c->spool;
}

static int tell(struct conn *c, unsigned place, enum msg_type type,
                const struct msg_out *payload)
{
    struct chan *peer = peer_of(c, place);

    if (peer == NULL || (payload != NULL && payload->overflow))
        return -1;
    return chan_send(peer, type, c->id, payload, -1);
}

static void put_local(const struct conn *c)
{
    const struct session *s = c->session;
    const char *local, *domain;

    msg_put_u32(&out, (uint32_t)routes_local(&c->routes));
    for (size_t i = 0; i < c->routes.n; i++) {
        if (!c->routes.v[i].local)
            continue;
        session_recipient_at(s, i, &local, &domain);
        msg_put_str(&out, local);
        msg_put_str(&out, domain);
    }
}

static void put_remote(const struct conn *c)
{
    size_t n = routes_remote(&c->routes);
    const char *p = c->routes.pool;

    msg_put_str(&out, ""); /* no ENVID: DSN is not offered to strangers */
    msg_put_u32(&out, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        const char *domain = p + strlen(p) + 1;

        msg_put_str(&out, p);
        msg_put_str(&out, domain);
        msg_put_u32(&out, 0);
        msg_put_str(&out, "");
        p = domain + strlen(domain) + 1;
    }
}

static int ask_for(struct conn *c, unsigned place)
{
    const struct session *s = c->session;
    char sender[ADDRESS_TEXT];
    uint32_t flags = 0;

    if (place == QUEUE && session_is_utf8(s))
        flags |= JOB_UTF8 | JOB_8BIT;
    if (place == QUEUE && session_is_8bit(s))
        flags |= JOB_8BIT;
    msg_reset(&out);
    msg_put_u32(&out, flags);
    msg_put_str(&out, session_transaction_id(s));
    msg_put_str(&out, address_text(session_sender(s), sender, sizeof(sender)));
    if (place == DELIVER)
        put_local(c);
    else
        put_remote(c);
    return tell(c, place, place == DELIVER ? MSG_OPEN : MSG_SPOOL, &out);
}

static void finish_open(struct conn *c)
{
    const char *name = c->name[0] != '\0' ? c->name : NULL;

    if (c->stored != STORED_OK)
        places_abort(c);
    c->want = session_opened(c->session, c->stored, name, time(NULL));
}

void places_open(struct conn *c)
{
    unsigned wanted = 0;

    if (routes_local(&c->routes) > 0)
        wanted |= DELIVER;
    if (routes_remote(&c->routes) > 0)
        wanted |= QUEUE;
    c->place_lost = false;
    c->written = 0;
    c->stored = STORED_OK;
    for (unsigned place = DELIVER; place != 0;
         place = place == DELIVER ? QUEUE : 0) {
        if (!(wanted & place))
            continue;
        if (ask_for(c, place) == 0)
            c->asked |= place;
        else
            c->stored = STORED_FAILURE;
    }
    if (c->asked == 0)
        finish_open(c);
}

void places_opened(struct conn *c, enum program program, enum stored stored,
                   int fd)
{
    unsigned place = 1u << program;

    c->asked &= ~place;
    if (stored == STORED_OK && fd < 0)
        stored = STORED_FAILURE;
    if (stored == STORED_OK)
        c->opened |= place;
    else
        c->stored = stored;
    *file_of(c, place) = fd;
    if (c->asked == 0)
        finish_open(c);
}

/* A regular file: this does not wait for the disk, only for memory. */
static int write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

static enum stored stored_from_errno(int error)
{
    return error == ENOSPC   ? STORED_FULL_DISK
           : error == EDQUOT ? STORED_FULL_MAILBOX
                             : STORED_FAILURE;
}

enum stored places_write(struct conn *c)
{
    size_t len;
    const char *p = session_body(c->session, &len);

    if (c->place_lost)
        return STORED_FAILURE;
    if ((c->body < 0 || write_all(c->body, p, len) == 0) &&
        (c->spool < 0 || write_all(c->spool, p, len) == 0)) {
        c->written += len;
        return STORED_OK;
    }
    log_warn("sid=%s: cannot write the message: %s", c->sid, strerror(errno));
    return stored_from_errno(errno);
}

static void close_file(struct conn *c, unsigned place)
{
    int *fd = file_of(c, place);

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Makes the next place durable, or is done. */
static void commit_next(struct conn *c)
{
    unsigned place = c->opened & DELIVER ? DELIVER : c->opened & QUEUE;

    if (place != 0 && c->stored == STORED_OK && !c->place_lost) {
        close_file(c, place);
        msg_reset(&out);
        msg_put_u64(&out, c->written);
        if (tell(c, place, MSG_COMMIT, &out) == 0) {
            c->asked |= place;
            return;
        }
    }
    if (place != 0 && c->stored == STORED_OK)
        c->stored = STORED_FAILURE;
    places_abort(c);
    c->want = session_committed(c->session, c->stored);
}

void places_commit(struct conn *c)
{
    c->stored = STORED_OK;
    commit_next(c);
}

void places_committed(struct conn *c, enum program program, enum stored stored)
{
    unsigned place = 1u << program;

    c->asked &= ~place;
    c->opened &= ~place;
    c->stored = stored;
    commit_next(c);
}

void places_abort(struct conn *c)
{
    for (unsigned place = DELIVER; place != 0;
         place = place == DELIVER ? QUEUE : 0) {
        close_file(c, place);
        if (c->opened & place)
            tell(c, place, MSG_ABORT, NULL);
    }
    c->opened = 0;
}

void places_gone(struct conn *c, enum program program)
{
    unsigned place = 1u << program;

    if (c->opened & place) {
        c->place_lost = true;
        c->opened &= ~place;
    }
    if (!(c->asked & place))
        return;
    if (c->want == WANT_OPEN)
        places_opened(c, program, STORED_FAILURE, -1);
    else if (c->want == WANT_COMMIT)
        places_committed(c, program, STORED_FAILURE);
}
