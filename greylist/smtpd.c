/*
 * The channel to smtpd: a question for each recipient that exists, answered in
 * order, with all others of the same turn of the loop.
 *
 * What smtpd says is believed to be well formed or it is cut off; what is in
 * it came from a stranger.
 */
#include "greylist/smtpd.h"

#include "lib/log.h"

static struct chan *channel;
static struct decider *decider;

struct question {
    struct netaddr client;
    char name[ADDRESS_DOMAIN + 1];
    char helo[ADDRESS_DOMAIN + 1];
    char sid[64];
    struct address sender, recipient;
};

static bool read_question(struct msg_in *in, struct question *q)
{
    uint32_t family;

    msg_get_u32(in, &family);
    msg_get_mem(in, q->client.octets, sizeof(q->client.octets));
    msg_get_str(in, q->name, sizeof(q->name));
    msg_get_str(in, q->helo, sizeof(q->helo));
    msg_get_str(in, q->sid, sizeof(q->sid));
    msg_get_str(in, q->sender.local, sizeof(q->sender.local));
    msg_get_str(in, q->sender.domain, sizeof(q->sender.domain));
    msg_get_str(in, q->recipient.local, sizeof(q->recipient.local));
    msg_get_str(in, q->recipient.domain, sizeof(q->recipient.domain));
    q->client.family = (uint8_t)family;
    return msg_done(in) && (family == 0 || family == 4 || family == 6);
}

static void answer(const struct origin *o, const struct judgement *j, bool more)
{
    static struct msg_out out;

    (void)more;
    msg_reset(&out);
    msg_put_u32(&out, j->judged);
    msg_put_str(&out, j->reply);
    msg_put_str(&out, j->header);
    chan_send(o->asker, MSG_JUDGED, o->id, &out, -1);
}

static void on_message(struct chan *ch, struct msg *m, void *arg)
{
    struct question q = {0};

    if (!read_question(&m->in, &q)) {
        chan_violation(ch, "JUDGE without an address");
        return;
    }
    decide(arg,
           &(struct rcpt){.client = q.client,
                          .name = q.name,
                          .sender = &q.sender,
                          .recipient = &q.recipient},
           &(struct origin){.key = "sid",
                            .name = q.sid,
                            .helo = q.helo,
                            .asker = ch,
                            .id = m->id,
                            .answer = answer});
}

static void on_closed(struct chan *ch, const char *why, void *arg)
{
    (void)ch, (void)arg;
    log_info("smtpd is gone (%s)", why);
    smtpd_close();
}

void smtpd_open(struct event_base *base, int fd, struct decider *d)
{
    static const struct chan_ops ops = {on_message, on_closed};

    smtpd_close();
    decider = d;
    channel = chan_new(base, fd, PROGRAM_GREYLIST, PROGRAM_SMTPD, &ops, d);
    chan_phase(channel, PHASE_RUNNING);
}

void smtpd_close(void)
{
    if (channel != NULL)
        decide_finish(decider);
    chan_free(channel);
    channel = NULL;
}
