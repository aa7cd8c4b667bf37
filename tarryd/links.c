/*
 * Who talks to whom, and the channels that they have for it.
 *
 * They are only made here: what passes through them is never read by the
 * parent.  A channel that closes while both programs live (one found the other
 * in error, or too slow) is made again after a moment; in that moment a program
 * that died is found to be dead, and gets its channels at its next start.
 *
 * Each has a number, so that a program that tells late of one that was lost
 * does not cost the next.
 */
#include "tarryd/links.h"
#include "lib/log.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define MOMENT_SEC 1

static const enum program links[][2] = {
    {PROGRAM_SMTPD, PROGRAM_SIGNER},  {PROGRAM_SMTPD, PROGRAM_RESOLVER},
    {PROGRAM_SMTPD, PROGRAM_DELIVER}, {PROGRAM_SMTPD, PROGRAM_GREYLIST},
    {PROGRAM_SMTPD, PROGRAM_QUEUE},   {PROGRAM_QUEUE, PROGRAM_RESOLVER},
    {PROGRAM_QUEUE, PROGRAM_DELIVER}, {PROGRAM_QUEUE, PROGRAM_RELAY},
};
#define NLINKS (sizeof(links) / sizeof(links[0]))

static void send_peer(struct worker *w, enum program peer, uint32_t number,
                      int fd)
{
    static struct msg_out out;

    w->channels[peer] = number;
    w->lost &= ~(1u << peer);
    msg_reset(&out);
    msg_put_u32(&out, peer);
    msg_put_u32(&out, number);
    chan_send(w->chan, MSG_PEER, 0, &out, fd);
}

/* Gives two programs that live a new channel to each other. */
static void connect_peers(struct worker *a, struct worker *b)
{
    int pair[2];

    if (a->chan == NULL || b->chan == NULL)
        return;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        fatal(EX_OSERR, "cannot make a channel: %s", strerror(errno));
    a->t->channels++;
    send_peer(a, b->program, a->t->channels, pair[0]);
    send_peer(b, a->program, a->t->channels, pair[1]);
    close(pair[0]);
    close(pair[1]);
}

void links_make(struct tarryd *t)
{
    for (size_t i = 0; i < NLINKS; i++)
        for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++)
            if (t->workers[p].program == links[i][1])
                connect_peers(&t->workers[links[i][0]], &t->workers[p]);
}

void links_renew(struct worker *w)
{
    struct tarryd *t = w->t;

    for (size_t i = 0; i < NLINKS; i++)
        for (unsigned p = PROGRAM_PARENT + 1; p < t->nworkers; p++) {
            struct worker *other = &t->workers[p];

            if ((links[i][0] == w->program && links[i][1] == other->program) ||
                (links[i][1] == w->program && links[i][0] == other->program))
                connect_peers(w, other);
        }
}

bool links_lost(struct worker *w, struct msg *m)
{
    static const struct timeval moment = {.tv_sec = MOMENT_SEC};
    uint32_t peer, number;

    msg_get_u32(&m->in, &peer);
    msg_get_u32(&m->in, &number);
    if (!msg_done(&m->in) || peer == PROGRAM_PARENT || peer >= PROGRAM_RELAY)
        return false;
    if (number != w->channels[peer])
        return true;
    w->lost |= 1u << peer;
    if (event_add(w->t->mend, &moment) != 0)
        fatal(EX_OSERR, "no timer");
    return true;
}

static void mend(struct worker *a, struct worker *b)
{
    struct log_line l;

    a->lost &= ~(1u << b->program);
    if (a->state != WORKER_RUNNING || b->state != WORKER_RUNNING)
        return;
    log_begin(&l, LOG_LEVEL_WARN, "reconnect");
    log_str(&l, "child", program_name(a->program));
    log_str(&l, "peer", program_name(b->program));
    log_end(&l);
    connect_peers(a, b);
}

static void on_mend(evutil_socket_t fd, short what, void *arg)
{
    struct tarryd *t = arg;

    (void)fd, (void)what;
    if (t->phase != SERVING)
        return;
    for (unsigned p = PROGRAM_PARENT + 1; p < PROGRAM_RELAY; p++)
        for (unsigned q = PROGRAM_PARENT + 1; q < PROGRAM_RELAY; q++)
            if (t->workers[p].lost & 1u << q)
                mend(&t->workers[p], &t->workers[q]);
}

void links_init(struct tarryd *t)
{
    t->mend = evtimer_new(t->base, on_mend, t);
    if (t->mend == NULL)
        fatal(EX_OSERR, "no timer");
}

void links_release(struct tarryd *t)
{
    event_free(t->mend);
}
