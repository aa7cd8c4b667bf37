/*
 * Mail written on this host: tarry-sendmail's side, over a UNIX socket that
 * every user may open.
 *
 *   client: tarry-submit 1             or: tarry-queue COMMAND
 *           size 1234
 *           flags 4                    (may be missing)
 *           sender ann@example.org     (nothing: the null sender)
 *           envid, recipient NOTIFY ORCPT ADDRESS ...
 *           (an empty line, then that many octets)
 *   queue:  ok 64A1B2C3D4             it is on disk
 *           error WHY                 and exit code of sysexits(3) before it
 *           busy                      too many of this user: try again
 *
 * The size is said before, so that a client that dies in the middle has sent
 * nothing.  Who asks is what the kernel says (SO_PEERCRED); it stands in the
 * Received field.  Commands that change the queue are root's, and of the user
 * we run as; anybody may look.  How many may come is in queue_submit_clients.c.
 */
#include "queue/queue_submit.h"

#include "lib/log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define LINE 2048

static void answer(struct submission *s, int code, const char *text)
{
    struct evbuffer *out = bufferevent_get_output(s->bev);

    if (code == EX_OK)
        evbuffer_add_printf(out, "ok %s\n", text);
    else
        evbuffer_add_printf(out, "error %d %s\n", code, text);
    s->at = AT_END;
    bufferevent_disable(s->bev, EV_READ);
}

static void refuse(struct submission *s, int code, const char *text)
{
    if (s->accept != NULL)
        accept_abort(s->accept);
    s->accept = NULL;
    answer(s, code, text);
}

static void on_done(struct accept *a, enum stored stored)
{
    struct submission *s = a->arg;
    char name[SPOOL_NAME];

    if (s == NULL)
        return;
    s->accept = NULL;
    if (stored == STORED_OK)
        answer(s, EX_OK, spool_name(a->record.id, name));
    else
        answer(s, EX_TEMPFAIL, "it could not be stored");
}

/* Where it came from (RFC 5321 §4.4); written in front of the message. */
static bool write_received(struct submission *s)
{
    const struct accept *a = s->accept;
    char text[1024], stamp[64], name[SPOOL_NAME];
    time_t now = time(NULL);
    struct tm tm;
    int n;

    gmtime_r(&now, &tm);
    strftime(stamp, sizeof(stamp), "%a, %d %b %Y %H:%M:%S +0000", &tm);
    n = snprintf(text, sizeof(text),
                 "Received: by %s (from userid %u)\n\tid %s; %s\n",
                 s->q->conf->hostname, (unsigned)s->who.uid,
                 spool_name(a->record.id, name), stamp);
    s->head = (uint64_t)n;
    return spool_append(a->fd, text, (size_t)n) == 0;
}

static void begin_body(struct submission *s)
{
    struct accept *a = s->accept;

    if (!s->has_sender || a->record.n == 0 || s->size == 0)
        refuse(s, EX_USAGE, "no sender, no recipient, or nothing to send");
    else if (s->size > s->q->conf->limits.message)
        refuse(s, EX_DATAERR, "the message is larger than limits.message");
    else if (accept_open(a) != STORED_OK || !write_received(s))
        refuse(s, EX_TEMPFAIL, "it could not be stored");
    else
        s->at = AT_BODY;
}

static bool may_change(const struct submission *s)
{
    return s->who.uid == 0 || s->who.uid == geteuid();
}

/* The first line says what it is to be. */
static void begin(struct submission *s, const char *line)
{
    static unsigned serial;
    char session[32];

    if (strncmp(line, "tarry-queue ", 12) == 0) {
        int fd = dup(bufferevent_getfd(s->bev));

        if (fd != -1)
            queue_control(s->q, line + 12, fd, may_change(s));
        queue_submit_free(s);
        return;
    }
    if (strcmp(line, "tarry-submit 1") != 0) {
        answer(s, EX_PROTOCOL, "this is tarry's socket for submission");
        return;
    }
    snprintf(session, sizeof(session), "u%u.%u", (unsigned)s->who.uid,
             ++serial);
    s->accept = accept_new(s->q, 0, session, "", "");
    s->at = AT_ENVELOPE;
}

static void take_body(struct submission *s, struct evbuffer *in)
{
    char buf[65536];
    int n;

    while (s->got < s->size &&
           (n = evbuffer_remove(in, buf,
                                s->size - s->got < sizeof(buf)
                                    ? (size_t)(s->size - s->got)
                                    : sizeof(buf))) > 0) {
        for (int i = 0; i < n && !s->eight; i++)
            s->eight = (unsigned char)buf[i] > 127;
        if (spool_append(s->accept->fd, buf, (size_t)n) != 0) {
            refuse(s, EX_TEMPFAIL, "the disk is full");
            return;
        }
        s->got += (uint64_t)n;
    }
    if (s->got < s->size)
        return;
    s->at = AT_COMMIT;
    if (s->eight)
        s->accept->record.flags |= JOB_8BIT;
    bufferevent_disable(s->bev, EV_READ);
    accept_commit(s->accept, s->head + s->size, on_done, s);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct submission *s = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    size_t len;
    char *line;

    while (s->at <= AT_ENVELOPE) {
        line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
        if (line == NULL) {
            if (evbuffer_get_length(in) > LINE)
                refuse(s, EX_PROTOCOL, "the line is too long");
            return;
        }
        if (s->at == AT_START) {
            bool command = strncmp(line, "tarry-queue ", 12) == 0;

            begin(s, line);
            if (command) {
                free(line);
                return;
            }
        } else if (line[0] == '\0') {
            begin_body(s);
        } else if (!queue_submit_line(s, line)) {
            refuse(s, EX_DATAERR, "an address or option is malformed");
        }
        free(line);
    }
    if (s->at == AT_BODY)
        take_body(s, in);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct submission *s = arg;

    (void)bev;
    if (s->at == AT_END)
        queue_submit_free(s);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev, (void)what;
    queue_submit_free(arg);
}

void queue_submit_talk(struct submission *s)
{
    bufferevent_setcb(s->bev, on_read, on_written, on_event, s);
    bufferevent_enable(s->bev, EV_READ | EV_WRITE);
}
