/*
 * The places that a transaction has: one at deliver when some of it stays
 * here, one at queue when some of it leaves or its sender asked to be told of
 * success.  The same octets go to both; of a message that queue has only to
 * report, the header.
 *
 * All of it is stored, or the sender is told to come back.  The places are
 * asked for together, and made durable one after the other, deliver's first:
 * if queue fails then, the sender's next try makes a second copy here, and
 * none elsewhere.  So no success is reported that was none.
 */
#include "lib/log.h"
#include "smtpd/handover.h"
#include "smtpd/server.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DELIVER (1u << PROGRAM_DELIVER)
#define QUEUE   (1u << PROGRAM_QUEUE)

#define HEADER_OVER '\r' /* which no message has in it */

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

static int ask_for(struct conn *c, unsigned place)
{
    msg_reset(&out);
    if (place == DELIVER)
        handover_open(&out, c->session, &c->routes);
    else
        handover_spool(&out, c->session, &c->routes);
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
    if (routes_spooled(&c->routes) > 0)
        wanted |= QUEUE;
    c->place_lost = false;
    c->written = c->spooled = 0;
    c->header_only = routes_remote(&c->routes) == 0;
    c->header_last = '\0';
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

/* How much of a piece queue needs: where it has only to report, the header. */
static size_t for_queue(struct conn *c, const char *p, size_t len)
{
    size_t n = 0;

    if (!c->header_only)
        return len;
    while (n < len && c->header_last != HEADER_OVER) {
        bool empty_line = p[n] == '\n' && c->header_last == '\n';

        c->header_last = empty_line ? HEADER_OVER : p[n];
        n++;
    }
    return n;
}

enum stored places_write(struct conn *c)
{
    size_t len, to_spool;
    const char *p = session_body(c->session, &len);

    if (c->place_lost)
        return STORED_FAILURE;
    to_spool = for_queue(c, p, len);
    if ((c->body < 0 || write_all(c->body, p, len) == 0) &&
        (c->spool < 0 || write_all(c->spool, p, to_spool) == 0)) {
        c->written += len;
        c->spooled += to_spool;
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
        msg_put_u64(&out, place == DELIVER ? c->written : c->spooled);
        if (tell(c, place, MSG_COMMIT, &out) == 0) {
            c->asked |= place;
            return;
        }
    }
    if (c->stored == STORED_OK && (place != 0 || c->place_lost))
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
