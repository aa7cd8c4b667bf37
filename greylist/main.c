/*
 * greylist: the seat of the program that makes strangers wait.
 *
 * It takes its place among the programs and answers every question of smtpd
 * with "pass"; the decision is what comes next.
 */
#include "lib/child.h"

#include <stddef.h>

static struct chan *smtpd;

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    static struct msg_out out;

    (void)arg;
    msg_reset(&out);
    msg_put_u32(&out, JUDGED_PASS);
    msg_put_str(&out, "");
    msg_put_str(&out, "");
    chan_send(c, MSG_JUDGED, m->id, &out, -1);
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    (void)why, (void)arg;
    chan_free(c);
    smtpd = NULL;
}

static int configure(struct child *c, struct setup *s, char *err, size_t size)
{
    (void)c, (void)s, (void)err, (void)size;
    return 0;
}

static void sandbox(struct child *c, struct sandbox *s)
{
    (void)c, (void)s;
}

static void peer(struct child *c, enum program p, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    chan_free(smtpd);
    smtpd = chan_new(c->base, fd, PROGRAM_GREYLIST, p, &ops, NULL);
    chan_phase(smtpd, PHASE_RUNNING);
}

int main(void)
{
    static const struct child_ops ops = {.configure = configure,
                                         .sandbox = sandbox,
                                         .peer = peer,
                                         .stop = child_exit};

    return child_run(PROGRAM_GREYLIST, &ops);
}
