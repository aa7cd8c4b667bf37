/*
 * The client session, driven without a socket: whatever a server sends, in
 * whatever pieces, and wherever it stops, each recipient has one outcome.
 */
#include "queue/relay_session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct job job;

struct played {
    enum job_outcome outcome[JOB_RECIPIENTS];
    enum job_step step[JOB_RECIPIENTS];
    unsigned told[JOB_RECIPIENTS];
    unsigned dots;
    bool failed;
    enum relay_want want;
    char out[65536]; /* all that was said */
    size_t out_len;
};

static void make_job(unsigned recipients)
{
    memset(&job, 0, sizeof(job));
    job.size = 10;
    strcpy(job.helo, "me.example.com");
    strcpy(job.sender, "sender@example.com");
    job.naddresses = 1;
    job.nrecipients = recipients;
    for (unsigned i = 0; i < recipients; i++)
        snprintf(job.recipients[i].address, ADDRESS_TEXT, "u%u@example.net", i);
}

static void on_result(void *arg, const struct job_result *r)
{
    struct played *p = arg;

    p->told[r->index]++;
    p->outcome[r->index] = r->outcome;
    p->step[r->index] = r->step;
}

static void on_dot(void *arg)
{
    struct played *p = arg;

    p->dots++;
}

static const struct relay_hooks hooks = {on_result, on_dot};

/* Writes all that is to be written, at most step octets at a time. */
static void drain(struct relay_session *s, struct played *p, size_t step)
{
    size_t len;
    const char *out;

    for (;;) {
        while (out = relay_session_output(s, &len), len > 0) {
            size_t n = len < step ? len : step;

            cr_assert_leq(p->out_len + n, sizeof(p->out) - 1);
            memcpy(p->out + p->out_len, out, n);
            p->out_len += n;
            p->want = relay_session_written(s, n);
        }
        if (p->want == RELAY_BODY)
            p->want = relay_session_body(s, "a\n.b\n", 5, true);
        else if (p->want == RELAY_TLS)
            p->want = relay_session_tls(s);
        else
            return;
    }
}

/* The server says text in pieces of step octets, then the connection ends. */
static void play(struct played *p, const char *text, size_t len, size_t step)
{
    struct relay_session *s =
        relay_session_new(&job, RELAY_TLS_OFFERED, &hooks, p);

    memset(p, 0, sizeof(*p));
    p->want = relay_session_start(s);
    for (size_t at = 0; at < len && p->want != RELAY_CLOSE; at += step) {
        drain(s, p, step);
        p->want = relay_session_input(s, text + at,
                                      len - at < step ? len - at : step);
    }
    drain(s, p, step);
    if (p->want != RELAY_CLOSE)
        p->want = relay_session_lost(s, "4.4.2 Lost");
    p->failed = relay_session_failure(s) != NULL;
    p->out[p->out_len] = '\0';
    relay_session_free(s);
}

static const char *const transcripts[] = {
    "220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 "
    "stored\r\n",
    "220 hi\r\n250-hi\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n550 no\r\n"
    "354 go\r\n250 stored\r\n",
    "220 hi\r\n250-hi\r\n250-CHUNKING\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n"
    "250 ok\r\n250 stored\r\n",
    "220 hi\r\n500 what\r\n250 hi\r\n250 ok\r\n450 later\r\n451 later\r\n",
    "220 hi\r\n250-hi\r\n250 SIZE 1\r\n",
    "220 hi\r\n250 hi\r\n550 no\r\n",
    "554 no\r\n",
    "220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n451 no\r\n",
    "220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n421 bye\r\n",
};
#define NTRANSCRIPTS (sizeof(transcripts) / sizeof(transcripts[0]))

static void same(const struct played *a, const struct played *b)
{
    cr_assert_eq(a->failed, b->failed);
    cr_assert_eq(a->dots, b->dots);
    for (unsigned i = 0; i < job.nrecipients; i++) {
        cr_assert_eq(a->told[i], b->told[i]);
        cr_assert_eq(a->outcome[i], b->outcome[i]);
        cr_assert_eq(a->step[i], b->step[i]);
    }
    cr_assert_str_eq(a->out, b->out);
}

/* Line by line, for a server speaks when it was spoken to. */
static void play_lines(struct played *p, const char *text, size_t octets)
{
    struct relay_session *s =
        relay_session_new(&job, RELAY_TLS_OFFERED, &hooks, p);
    const char *end;

    memset(p, 0, sizeof(*p));
    p->want = relay_session_start(s);
    for (; *text != '\0' && p->want != RELAY_CLOSE; text = end) {
        drain(s, p, 1000);
        end = strchr(text, '\n') + 1;
        for (size_t n; text < end && p->want != RELAY_CLOSE; text += n) {
            n = (size_t)(end - text) < octets ? (size_t)(end - text) : octets;
            p->want = relay_session_input(s, text, n);
        }
    }
    drain(s, p, 1000);
    if (p->want != RELAY_CLOSE)
        p->want = relay_session_lost(s, "4.4.2 Lost");
    p->failed = relay_session_failure(s) != NULL;
    p->out[p->out_len] = '\0';
    relay_session_free(s);
}

Test(relay_session, understands_the_same_whole_and_octet_by_octet)
{
    static struct played a, b;

    make_job(2);
    for (size_t i = 0; i < NTRANSCRIPTS; i++) {
        play_lines(&a, transcripts[i], 1000);
        play_lines(&b, transcripts[i], 1);
        same(&a, &b);
    }
}

Test(relay_session, gives_each_recipient_one_outcome_wherever_it_ends)
{
    static struct played p;

    make_job(2);
    for (size_t i = 0; i < NTRANSCRIPTS; i++)
        for (size_t cut = 0; cut <= strlen(transcripts[i]); cut++) {
            play(&p, transcripts[i], cut, 1);
            for (unsigned r = 0; r < 2; r++)
                cr_assert_eq(p.told[r], p.failed ? 0 : 1,
                             "transcript %zu, cut at %zu, recipient %u", i, cut,
                             r);
        }
}

Test(relay_session, does_not_know_only_between_the_dot_and_its_answer)
{
    static struct played p;
    const char *all = transcripts[0];
    size_t dot = (size_t)(strstr(all, "354 go\r\n") + 8 - all);

    make_job(2);
    for (size_t cut = 0; cut <= strlen(all); cut++) {
        play(&p, all, cut, 1);
        cr_assert_eq(p.dots, cut >= dot);
        cr_assert_eq(p.failed, cut < dot, "another host may have it before");
        if (!p.failed)
            cr_assert_eq(p.outcome[0], cut < strlen(all) ? OUTCOME_UNKNOWN
                                                         : OUTCOME_DELIVERED);
    }
}

Test(relay_session, defers_when_the_dot_was_never_written)
{
    struct relay_session *s;
    static struct played p;
    const char *text = "220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n";
    size_t len;

    make_job(1);
    memset(&p, 0, sizeof(p));
    s = relay_session_new(&job, RELAY_TLS_OFFERED, &hooks, &p);
    for (; *text != '\0'; text = strchr(text, '\n') + 1) {
        relay_session_output(s, &len);
        relay_session_written(s, len);
        p.want = relay_session_input(s, text,
                                     (size_t)(strchr(text, '\n') + 1 - text));
    }
    cr_assert_eq(p.want, RELAY_BODY);
    relay_session_body(s, "a\n", 2, true);
    relay_session_output(s, &len);
    cr_assert_eq(len, strlen("a\r\n.\r\n"));
    relay_session_written(s, len - 1);
    relay_session_lost(s, "4.4.2 Lost");
    cr_assert_eq(p.outcome[0], OUTCOME_DEFERRED);
    relay_session_free(s);
}

/* Up to the message, whose end is in the output but for its last octet. */
static struct relay_session *until_the_end(struct played *p, const char *text)
{
    struct relay_session *s =
        relay_session_new(&job, RELAY_TLS_OFFERED, &hooks, p);
    size_t len;

    memset(p, 0, sizeof(*p));
    for (; *text != '\0'; text = strchr(text, '\n') + 1) {
        relay_session_output(s, &len);
        relay_session_written(s, len);
        p->want = relay_session_input(s, text,
                                      (size_t)(strchr(text, '\n') + 1 - text));
    }
    cr_assert_eq(p->want, RELAY_BODY);
    relay_session_body(s, "a\n", 2, true);
    relay_session_output(s, &len);
    relay_session_written(s, len - 1);
    return s;
}

static const char *const ways_to_the_end[] = {
    "220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n",
    "220 hi\r\n250-hi\r\n250 CHUNKING\r\n250 ok\r\n250 ok\r\n",
};

Test(relay_session, takes_no_good_answer_to_an_end_that_is_not_written)
{
    static struct played p;

    make_job(1);
    for (size_t i = 0; i < 2; i++) {
        struct relay_session *s = until_the_end(&p, ways_to_the_end[i]);

        cr_assert_eq(relay_session_input(s, "250 ok\r\n", 8), RELAY_CLOSE);
        cr_assert_eq(p.told[0], 1);
        cr_assert_eq(p.outcome[0], OUTCOME_DEFERRED);
        relay_session_free(s);
    }
}

Test(relay_session, takes_a_bad_one_and_ends)
{
    static struct played p;

    make_job(1);
    for (size_t i = 0; i < 2; i++) {
        struct relay_session *s = until_the_end(&p, ways_to_the_end[i]);

        cr_assert_eq(relay_session_input(s, "552 big\r\n", 9), RELAY_CLOSE);
        cr_assert_eq(p.told[0], 1);
        cr_assert_eq(p.outcome[0], OUTCOME_REFUSED);
        relay_session_free(s);
    }
}

Test(relay_session, takes_no_answer_to_a_chunk_that_is_not_written)
{
    static struct played p;
    struct relay_session *s =
        relay_session_new(&job, RELAY_TLS_OFFERED, &hooks, &p);
    const char *text = "220 hi\r\n250-hi\r\n250 CHUNKING\r\n250 ok\r\n250 "
                       "ok\r\n";
    size_t len;

    make_job(1);
    memset(&p, 0, sizeof(p));
    for (; *text != '\0'; text = strchr(text, '\n') + 1) {
        relay_session_output(s, &len);
        relay_session_written(s, len);
        relay_session_input(s, text, (size_t)(strchr(text, '\n') + 1 - text));
    }
    relay_session_body(s, "a\n", 2, false);
    cr_assert_eq(relay_session_input(s, "250 ok\r\n", 8), RELAY_CLOSE);
    cr_assert_not_null(relay_session_failure(s));
    relay_session_free(s);
}

Test(relay_session, takes_answers_to_what_is_written_of_a_pipeline)
{
    static struct played p;
    struct relay_session *s;
    const char *out;
    size_t len;

    make_job(3);
    memset(&p, 0, sizeof(p));
    s = relay_session_new(&job, RELAY_TLS_OFFERED, &hooks, &p);
    relay_session_input(s, "220 hi\r\n", 8);
    relay_session_output(s, &len);
    relay_session_written(s, len);
    relay_session_input(s, "250-hi\r\n250 PIPELINING\r\n", 24);
    out = relay_session_output(s, &len);
    relay_session_written(s, (size_t)(strstr(out, "RCPT TO:<u1") - out));
    cr_assert_eq(relay_session_input(s, "250 ok\r\n250 ok\r\n", 16), RELAY_READ,
                 "MAIL and the first RCPT are written");
    cr_assert_eq(relay_session_input(s, "250 ok\r\n", 8), RELAY_CLOSE,
                 "the second is not");
    cr_assert_not_null(relay_session_failure(s));
    relay_session_free(s);
}

Test(relay_session, writes_an_envelope_of_a_hundred_longest_recipients)
{
    static struct played p;
    static char replies[8192];
    unsigned commands = 0;

    make_job(JOB_RECIPIENTS);
    for (unsigned i = 0; i < JOB_RECIPIENTS; i++) {
        memset(job.recipients[i].address, 'a', ADDRESS_TEXT - 1);
        memset(job.recipients[i].orcpt, 'b', DSN_ORCPT - 1);
        job.recipients[i].notify =
            NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY;
    }
    strcpy(replies, "220 hi\r\n250-hi\r\n250-DSN\r\n250 PIPELINING\r\n");
    for (unsigned i = 0; i <= JOB_RECIPIENTS; i++)
        strcat(replies, "250 ok\r\n");
    strcat(replies, "554 no\r\n");
    /* What is said does not fit into p.out; count instead. */
    struct relay_session *s =
        relay_session_new(&job, RELAY_TLS_OFFERED, &hooks, &p);
    memset(&p, 0, sizeof(p));
    for (const char *t = replies; *t != '\0'; t = strchr(t, '\n') + 1) {
        size_t len;
        const char *out = relay_session_output(s, &len);

        for (size_t i = 0; i < len; i++)
            commands += out[i] == '\n';
        relay_session_written(s, len);
        out = relay_session_output(s, &len);
        p.want = relay_session_input(s, t, (size_t)(strchr(t, '\n') + 1 - t));
    }
    cr_assert_eq(commands, 1 + 1 + JOB_RECIPIENTS + 1);
    cr_assert_eq(p.want, RELAY_IDLE);
    for (unsigned i = 0; i < JOB_RECIPIENTS; i++)
        cr_assert_eq(p.outcome[i], OUTCOME_REFUSED);
    relay_session_free(s);
}

Test(relay_session, tells_which_limit_of_time_it_is_under)
{
    static const struct {
        const char *text;
        enum job_time time;
        enum job_step step;
    } way[] = {
        {"", TIME_GREETING, STEP_GREETING},
        {"220 hi\r\n", TIME_HELLO, STEP_HELLO},
        {"250 hi\r\n", TIME_MAIL, STEP_MAIL},
        {"250 ok\r\n", TIME_RCPT, STEP_RCPT},
        {"250 ok\r\n", TIME_DATA, STEP_DATA},
        {"354 go\r\n", TIME_BLOCK, STEP_DATA},
    };
    static struct played p;
    struct relay_session *s;
    uint64_t progress = 0;
    size_t len;

    make_job(1);
    s = relay_session_new(&job, RELAY_TLS_OFFERED, &hooks, &p);
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
        relay_session_input(s, way[i].text, strlen(way[i].text));
        relay_session_output(s, &len);
        relay_session_written(s, len);
        cr_assert_eq(relay_session_time(s), way[i].time, "row %zu", i);
        cr_assert_eq(relay_session_step(s), way[i].step, "row %zu", i);
        cr_assert(i == 0 || relay_session_progress(s) > progress);
        progress = relay_session_progress(s);
    }
    relay_session_body(s, "", 0, true);
    cr_assert_eq(relay_session_time(s), TIME_BLOCK, "it is not written yet");
    relay_session_output(s, &len);
    relay_session_written(s, len);
    cr_assert_eq(relay_session_time(s), TIME_DOT);
    progress = relay_session_progress(s);
    relay_session_input(s, "250-a\r\n250-b\r\n25", 16);
    cr_assert_eq(relay_session_progress(s), progress,
                 "half a reply is no progress");
    relay_session_free(s);
}
