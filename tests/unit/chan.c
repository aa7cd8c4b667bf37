/* Channels: order, descriptors, back-pressure, and peers that misbehave. */
#include "lib/chan.h"

#include <criterion/criterion.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct event_base *base;
static struct chan *smtpd, *deliver;
static unsigned got, order_wrong;
static int got_fd = -1;
static char why[128];
static bool free_in_handler;

static void message(struct chan *c, struct msg *m, void *arg)
{
    uint64_t n = 0;

    (void)arg;
    if (m->type == MSG_COMMIT) {
        msg_get_u64(&m->in, &n);
        order_wrong += n != got;
    }
    got++;
    if (m->fd >= 0)
        got_fd = m->fd;
    if (free_in_handler) {
        chan_free(c);
        deliver = NULL;
    }
}

static void closed(struct chan *c, const char *reason, void *arg)
{
    (void)c, (void)arg;
    snprintf(why, sizeof(why), "%s", reason);
}

static const struct chan_ops ops = {message, closed};
static int raw[2];

static void make(void)
{
    base = event_base_new();
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, raw), 0);
    smtpd = chan_new(base, raw[0], PROGRAM_SMTPD, PROGRAM_DELIVER, &ops, NULL);
    deliver =
        chan_new(base, raw[1], PROGRAM_DELIVER, PROGRAM_SMTPD, &ops, NULL);
    chan_phase(smtpd, PHASE_RUNNING);
    chan_phase(deliver, PHASE_RUNNING);
}

static void drop(void)
{
    chan_free(smtpd);
    chan_free(deliver);
    event_base_free(base);
}

static void turn(void)
{
    for (int i = 0; i < 200; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

static int send_number(uint64_t n)
{
    static struct msg_out out;

    msg_reset(&out);
    msg_put_u64(&out, n);
    return chan_send(smtpd, MSG_COMMIT, n, &out, -1);
}

Test(chan, keeps_order_while_the_peer_does_not_read, .init = make, .fini = drop)
{
    for (unsigned i = 0; i < 20000; i++)
        cr_assert_eq(send_number(i), 0, "message %u", i);
    for (int i = 0; i < 20; i++)
        turn();
    cr_assert_eq(got, 20000, "%u", got);
    cr_assert_eq(order_wrong, 0);
}

Test(chan, passes_a_descriptor_and_leaves_the_senders_open, .init = make,
     .fini = drop)
{
    static struct msg_out out;
    int fd = open("/dev/null", O_WRONLY);

    msg_reset(&out);
    msg_put_u32(&out, STORED_OK);
    cr_assert_eq(chan_send(deliver, MSG_OPENED, 1, &out, fd), 0);
    turn();
    cr_assert(got_fd >= 0 && got_fd != fd);
    cr_assert_eq(write(got_fd, "x", 1), 1);
    cr_assert_eq(close(fd), 0);
    close(got_fd);
}

static void expect_end(const void *packet, size_t len, const char *reason)
{
    cr_assert_eq(send(raw[0], packet, len, 0), (ssize_t)len);
    turn();
    cr_assert_eq(got, 0);
    cr_assert_str_eq(why, reason);
}

Test(chan, ends_a_peer_that_sends_a_torn_packet, .init = make, .fini = drop)
{
    expect_end("abc", 3, "torn packet, or another version of tarry");
}

Test(chan, ends_a_peer_that_lies_about_the_length, .init = make, .fini = drop)
{
    struct msg_header h = {MSG_MAGIC, MSG_COMMIT, 8, 1};

    expect_end(&h, sizeof(h), "torn packet, or another version of tarry");
}

Test(chan, ends_a_peer_that_says_what_it_may_not, .init = make, .fini = drop)
{
    struct msg_header h = {MSG_MAGIC, MSG_STOP, 0, 1};

    expect_end(&h, sizeof(h), "the sender may not send it");
}

Test(chan, ends_a_peer_that_speaks_too_early, .init = make, .fini = drop)
{
    struct msg_header h = {MSG_MAGIC, MSG_ABORT, 0, 1};

    chan_phase(deliver, PHASE_SETUP);
    expect_end(&h, sizeof(h), "not legal yet");
}

Test(chan, tells_of_a_peer_that_went_away, .init = make, .fini = drop)
{
    chan_free(smtpd);
    smtpd = NULL;
    turn();
    cr_assert_str_eq(why, "closed");
}

Test(chan, may_be_freed_by_its_own_handler, .init = make, .fini = drop)
{
    free_in_handler = true;
    send_number(0);
    send_number(1);
    turn();
    cr_assert_eq(got, 1);
}

Test(chan, gives_up_a_peer_that_never_reads, .init = make, .fini = drop)
{
    static struct msg_out out;
    unsigned sent = 0;

    msg_reset(&out);
    msg_put_u32(&out, 0);
    msg_put_str(&out, "sid");
    memset(out.data + out.len, 'x', 60000 - out.len);
    out.len = 60000;
    while (sent < 1000 && chan_send(smtpd, MSG_OPEN, 1, &out, -1) == 0)
        sent++;
    cr_assert(sent > 100 && sent < 1000, "%u", sent);
    cr_assert_eq(chan_send(smtpd, MSG_OPEN, 1, &out, -1), -1);
}

static int answer_number(uint64_t id, enum stored stored)
{
    static struct msg_out out;

    msg_reset(&out);
    msg_put_u32(&out, stored);
    return chan_send(deliver, MSG_COMMITTED, id, &out, -1);
}

static bool call(uint64_t id, unsigned milliseconds, uint32_t *stored)
{
    static struct msg_out out;
    struct msg_in in;

    msg_reset(&out);
    msg_put_u64(&out, id);
    return chan_call(smtpd, MSG_COMMIT, id, &out, MSG_COMMITTED, milliseconds,
                     &in) &&
           msg_get_u32(&in, stored);
}

Test(chan, a_call_returns_with_its_own_answer_only, .init = make, .fini = drop)
{
    uint32_t stored;

    answer_number(6, STORED_FAILURE); /* the one before, late */
    answer_number(7, STORED_FULL_DISK);
    cr_assert(call(7, 1000, &stored));
    cr_assert_eq(stored, STORED_FULL_DISK);
    turn();
    cr_assert_eq(got, 1); /* the question, at deliver; no answer at ours */
}

Test(chan, a_call_without_an_answer_ends_in_time, .init = make, .fini = drop)
{
    uint32_t stored;

    cr_assert_not(call(7, 20, &stored));
    answer_number(7, STORED_OK);
    turn();
    cr_assert_eq(got, 2); /* and what comes late comes to the handler */
}

Test(chan, a_call_to_one_who_is_gone_ends_at_once, .init = make)
{
    uint32_t stored;

    chan_free(deliver);
    deliver = NULL;
    cr_assert_not(call(7, 60000, &stored));
    turn();
    cr_assert_neq(why[0], '\0');
    drop();
}
