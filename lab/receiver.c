/*
 * Plays one connection against the session, see receiver.h.
 *
 * The client's lines go in one by one, as a sender that waits for each reply
 * sends them; what the session wants of its house is answered at once: all
 * recipients exist, there is room, and the judgement is the greylist's.  Only
 * the reply to a message may take time (receiver_answers_after): a sender with
 * less patience is gone by then, though the message is stored.  One that
 * ignores a refusal goes on here as it would on a wire, and hears
 * what the session has to say to that.
 */
#include "lab/receiver_parts.h"

#include "lab/queueing.h"
#include "lab/sender.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char message[] = "From: <sender@example.com>\r\n"
                              "Subject: laboratory\r\n"
                              "\r\n"
                              "A message.\r\n"
                              ".\r\n";

struct playing {
    struct receiver *r;
    const struct visit *v;
    struct session *s;
    bool closed;
    struct visit_end *end;
};

static enum want judge(struct playing *p)
{
    struct rcpt a = {.client = p->v->client,
                     .name = p->v->name,
                     .sender = session_sender(p->s),
                     .recipient = session_recipient(p->s)};
    struct judgement j;
    struct verdict v;

    known_judge(p->r->known, p->r->settings, &a, p->v->now, &j);
    v.judged = j.judged;
    snprintf(v.reply, sizeof(v.reply), "%s", j.reply);
    snprintf(v.header, sizeof(v.header), "%s", j.header);
    return session_verdict(p->s, &v);
}

static enum want commit(struct playing *p)
{
    p->end->stored = true;
    return session_committed(p->s, STORED_OK);
}

/* What the session wants of the house, until it wants more of the client. */
static enum want serve(struct playing *p, enum want want)
{
    for (;;) {
        switch (want) {
        case WANT_CHECK:
            want = session_checked(p->s, CHECKED_LOCAL);
            break;
        case WANT_VERDICT:
            want = judge(p);
            break;
        case WANT_OPEN:
            want = session_opened(p->s, STORED_OK,
                                  p->v->name[0] != '\0' ? p->v->name : NULL,
                                  (time_t)p->v->now);
            break;
        case WANT_WRITE:
            want = session_written(p->s, STORED_OK);
            break;
        case WANT_COMMIT:
            want = commit(p);
            break;
        case WANT_ABORT:
            want = session_aborted(p->s);
            break;
        default:
            return want;
        }
    }
}

/* Takes the replies; the last of them is what the step was answered. */
static void hear(struct playing *p, enum step step)
{
    struct visit_end *end = p->end;
    size_t len;
    const char *out = session_output(p->s, &len), *line = out, *nl;
    bool begins = true;

    end->step = step;
    end->code = end->wait_sec = 0;
    end->reply[0] = '\0';
    while ((nl = memchr(line, '\n', len - (size_t)(line - out))) != NULL) {
        if (begins) {
            end->code = (unsigned)strtoul(line, NULL, 10);
            snprintf(end->reply, sizeof(end->reply), "%.*s",
                     (int)(nl - line) - 5, line + 4);
        }
        begins = line[3] == ' ';
        line = nl + 1;
    }
    if (p->v->profile->schedule)
        end->wait_sec = queueing_wait(out, len);
    session_output_written(p->s, len);
}

/* The message is stored; its reply comes late, for some too late. */
static void wait_for_dot(struct playing *p)
{
    unsigned patience = p->v->profile->patience_sec;

    p->end->late_sec = p->r->answer_sec;
    if (p->r->answer_sec <= patience)
        return;
    p->end->late_sec = patience;
    p->end->code = 0;
    p->end->wait_sec = 0;
    snprintf(p->end->reply, sizeof(p->end->reply), "no reply in time");
}

static void say(struct playing *p, enum step step, const char *text)
{
    char buf[SESSION_LINE];
    size_t len = strlen(text), done = 0, used;

    assert(len < sizeof(buf));
    memcpy(buf, text, len + 1);
    while (done < len && !p->closed) {
        enum want want = session_input(p->s, buf + done, len - done, &used);

        assert(used > 0);
        done += used;
        p->closed = serve(p, want) == WANT_CLOSE;
    }
    hear(p, step);
}

static void take_step(struct playing *p, enum step step)
{
    const struct visit *v = p->v;
    char line[SESSION_LINE];

    sender_command(step, v->helo, v->from, v->to, line, sizeof(line));
    say(p, step, step == STEP_DOT ? message : line);
}

void receiver_visit(struct receiver *r, const struct visit *v,
                    struct visit_end *end)
{
    struct playing p = {.r = r, .v = v, .end = end};
    enum step step = STEP_CONNECT;

    memset(end, 0, sizeof(*end));
    p.s = session_new(&r->limits, &v->client, "lab");
    p.closed = serve(&p, session_start(p.s)) == WANT_CLOSE;
    hear(&p, step);
    while (sender_goes_on(v->profile, step, end->code))
        take_step(&p, ++step);
    if (end->stored)
        wait_for_dot(&p);
    session_free(p.s);
}

void receiver_forget(struct receiver *r)
{
    known_free(r->known);
    r->known = known_new();
}

const char *receiver_name(const struct receiver *r)
{
    return r->name;
}

const char *receiver_domain(const struct receiver *r)
{
    return r->domain;
}

void receiver_answers_after(struct receiver *r, unsigned sec)
{
    r->answer_sec = sec;
}

unsigned receiver_delay(const struct receiver *r)
{
    return r->settings->mode == GREYLIST_ON ? r->settings->policy.delay_sec : 0;
}
