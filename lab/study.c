/*
 * Profiles against receivers, see study.h.  Each pair begins with a receiver
 * that knows nobody, so the order of rows and columns changes nothing.
 */
#include "lab/study.h"

#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>

/* When the laboratory's clock begins: 2026-01-05 00:00 UTC, a Monday. */
#define EPOCH 1767571200

static void keep(struct cell *c, const struct made *made)
{
    if ((c->nmade & (c->nmade - 1)) == 0)
        c->made = xrealloc(c->made, c->nmade > 0 ? 2 * c->nmade : 1,
                           sizeof(*c->made));
    c->made[c->nmade++] = *made;
}

static void run_cell(struct study *s, size_t profile, size_t receiver,
                     struct cell *c)
{
    struct receiver *r = s->receivers[receiver];
    struct site site = {.profile = s->profiles[profile],
                        .number = 1,
                        .network = 256 * (unsigned)profile};
    struct message m;
    bool more;

    receiver_forget(r);
    receiver_answers_after(r, s->answer_sec);
    message_begin(&m, &site, s->mxs, "joe", s->seed, EPOCH);
    do {
        more = message_step(&m, r);
        keep(c, &m.last);
    } while (more);
    c->fate = m.fate;
    c->attempts = m.last.attempt.number;
    c->stored = m.stored;
    c->because = m.sender.why;
    if (c->fate == FATE_DELIVERED)
        c->delay_sec = m.stored_at - EPOCH;
    if (c->stored > 1)
        snprintf(c->why, sizeof(c->why),
                 "%u copies: it does not wait for the reply to its message",
                 c->stored);
    else if (c->fate != FATE_DELIVERED)
        message_why(&m, c->why, sizeof(c->why));
}

/* The times of a sender that hears 450 for ever. */
static void run_tries(const struct study *s, size_t profile)
{
    struct sender sender;
    struct sender_attempt a;
    int64_t *tries = NULL;
    size_t n = 0;

    sender_begin(&sender, s->profiles[profile], s->mxs, s->seed, 0, &a);
    do {
        if ((n & (n - 1)) == 0)
            tries = xrealloc(tries, n > 0 ? 2 * n : 1, sizeof(*tries));
        tries[n++] = a.at;
    } while (sender_after(&sender, STEP_RCPT, 450, 0, a.at, &a) ==
             SENDER_RETRY);
    s->tries[profile] = tries;
    s->ntries[profile] = n;
}

void study_run(struct study *s)
{
    s->cells = xcalloc(s->nprofiles * s->nreceivers, sizeof(*s->cells));
    s->tries = xcalloc(s->nprofiles, sizeof(*s->tries));
    s->ntries = xcalloc(s->nprofiles, sizeof(*s->ntries));
    for (size_t p = 0; p < s->nprofiles; p++) {
        run_tries(s, p);
        for (size_t r = 0; r < s->nreceivers; r++)
            run_cell(s, p, r, &s->cells[p * s->nreceivers + r]);
    }
}

const struct cell *study_cell(const struct study *s, size_t profile,
                              size_t receiver)
{
    return &s->cells[profile * s->nreceivers + receiver];
}

void study_release(struct study *s)
{
    for (size_t i = 0; s->cells != NULL && i < s->nprofiles * s->nreceivers;
         i++)
        free(s->cells[i].made);
    for (size_t p = 0; p < s->nprofiles; p++) {
        if (s->tries != NULL)
            free(s->tries[p]);
        free(s->profiles[p]);
    }
    for (size_t r = 0; r < s->nreceivers; r++) {
        if (s->mix != NULL)
            mix_release(&s->mix[r]);
        receiver_free(s->receivers[r]);
    }
    free(s->mix);
    free(s->ntries);
    free(s->tries);
    free(s->cells);
    free(s->receivers);
    free(s->profiles);
}
