/* Records of queued messages (queue/record.c, record_read.c). */
#include "queue/record.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct record_rcpt rcpts[] = {
    {.address = "b@example.com", .orcpt = "rfc822;b@example.com", .notify = 6},
    {.address = "\"c d\"@example.com", .orcpt = ""},
    {.address = "e@example.net", .orcpt = ""},
};

static const struct record sample = {.id = 0x1234,
                                     .queued = 1795000000,
                                     .size = 5120,
                                     .flags = JOB_8BIT,
                                     .session = "4f.1",
                                     .sender = "a@example.org",
                                     .envid = "QQ+2D1",
                                     .n = 3,
                                     .rcpts = rcpts};

/* The record's lines, and events that write(); the caller's to free. */
static char *lines(void (*write)(FILE *out))
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    record_write(out, &sample);
    if (write != NULL)
        write(out);
    fclose(out);
    return text;
}

static struct record *read_back(char *text)
{
    return record_read(0x1234, text, strlen(text));
}

Test(record, reads_what_it_wrote)
{
    struct record *r = read_back(lines(NULL));

    cr_assert_not_null(r);
    cr_expect_eq(r->id, 0x1234);
    cr_expect_eq(r->queued, 1795000000);
    cr_expect_eq(r->size, 5120);
    cr_expect_eq(r->flags, JOB_8BIT);
    cr_expect_str_eq(r->session, "4f.1");
    cr_expect_str_eq(r->sender, "a@example.org");
    cr_expect_str_eq(r->envid, "QQ+2D1");
    cr_assert_eq(r->n, 3);
    cr_expect_eq(r->rcpts[0].notify, 6);
    cr_expect_str_eq(r->rcpts[0].orcpt, "rfc822;b@example.com");
    cr_expect_str_eq(r->rcpts[1].address, "\"c d\"@example.com");
    cr_expect_str_eq(r->rcpts[1].orcpt, "");
    cr_expect_eq(r->rcpts[2].state, RCPT_WAITING);
    cr_expect_not(record_finished(r));
    record_free(r);
}

Test(record, knows_whose_end_came_before_the_message_did)
{
    static struct record_rcpt ended[] = {
        {.address = "b@x", .orcpt = "", .notify = 2 | NOTIFY_DELIVERED},
        {.address = "c@x", .orcpt = "", .notify = 6 | NOTIFY_EXPANDED},
    };
    struct record written = sample, *r;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    written.n = 2;
    written.rcpts = ended;
    record_write(out, &written);
    fclose(out);
    r = read_back(text);
    cr_assert_not_null(r);
    cr_expect_eq(r->rcpts[0].state, RCPT_DELIVERED);
    cr_expect(!r->rcpts[0].expanded);
    cr_expect_eq(r->rcpts[1].state, RCPT_DELIVERED);
    cr_expect(r->rcpts[1].expanded);
    cr_expect(!r->rcpts[1].reported);
    cr_expect(record_finished(r));
    record_free(r);
}

static void write_events(FILE *out)
{
    static const unsigned all[] = {0, 1, 2}, last[] = {2};
    struct job_result result = {.outcome = OUTCOME_DELIVERED,
                                .step = STEP_DOT,
                                .flags = RESULT_REMOTE | RESULT_DSN,
                                .host = "mx.example.com",
                                .reply = "250-fine\n250 back\\slash"};

    record_try(out, 1795000001, all, 3);
    record_result(out, 1795000002, 0, 0, &result);
    result.outcome = OUTCOME_DEFERRED;
    result.host[0] = '\0';
    record_result(out, 1795000002, 1, 1795000300, &result);
    record_report(out, 1795000003, 0xabc, REPORT_DELAY, last, 1);
    record_reported(out, 1795000003, 0xabc);
    record_held(out, 1795000004, true);
}

Test(record, remembers_what_became_of_each_recipient)
{
    struct record *r = read_back(lines(write_events));

    cr_assert_not_null(r);
    cr_expect_eq(r->bad_lines, 0);
    cr_expect_eq(r->rcpts[0].state, RCPT_DELIVERED);
    cr_expect_str_eq(r->rcpts[0].host, "mx.example.com");
    cr_expect_str_eq(r->rcpts[0].reply, "250-fine\n250 back\\slash");
    cr_expect(r->rcpts[0].flags & RESULT_DSN);
    cr_expect_eq(r->rcpts[1].state, RCPT_WAITING);
    cr_expect_eq(r->rcpts[1].next, 1795000300);
    cr_expect_eq(r->rcpts[1].attempts, 1);
    cr_expect_not(r->rcpts[1].trying);
    cr_expect(r->rcpts[2].trying, "its attempt has no end");
    cr_expect(r->rcpts[2].warned);
    cr_expect_eq(r->rcpts[2].begun[RECORD_DELAY], 0);
    cr_expect(r->held);
    record_free(r);
}

static void write_open_report(FILE *out)
{
    static const unsigned one[] = {1};

    record_event(out, 1795000001, "expired", 1);
    record_report(out, 1795000002, 0x77, REPORT_FINAL, one, 1);
}

Test(record, knows_a_report_that_was_begun)
{
    struct record *r = read_back(lines(write_open_report));

    cr_expect_eq(r->rcpts[1].state, RCPT_EXPIRED);
    cr_expect_eq(r->rcpts[1].begun[RECORD_FINAL], 0x77);
    cr_expect_not(r->rcpts[1].reported);
    cr_expect_not(record_told(r, 0x78));
    cr_expect(record_told(r, 0x77));
    cr_expect(r->rcpts[1].reported);
    record_free(r);
}

/* Several at a time, as the copies that two aliases make are. */
static void write_interleaved(FILE *out)
{
    static const unsigned zero[] = {0}, one[] = {1}, two[] = {1, 2};

    record_report(out, 1795000001, 0xa, REPORT_EXPAND, zero, 1);
    record_report(out, 1795000001, 0xb, REPORT_EXPAND, one, 1);
    record_report(out, 1795000001, 0xc, REPORT_DELAY, two, 2);
    record_report(out, 1795000001, 0xd, REPORT_FINAL, two, 2);
    record_reported(out, 1795000002, 0xa);
    record_reported(out, 1795000002, 0xd);
    record_reported(out, 1795000002, 0xe);
}

Test(record, keeps_reports_and_copies_apart_that_are_made_at_a_time)
{
    struct record *r = read_back(lines(write_interleaved));

    cr_assert_not_null(r);
    cr_expect_eq(r->bad_lines, 1, "that of 0xe");
    cr_expect(r->rcpts[0].expanded);
    cr_expect_not(r->rcpts[1].expanded);
    cr_expect_eq(r->rcpts[1].begun[RECORD_EXPAND], 0xb);
    cr_expect_eq(r->rcpts[1].begun[RECORD_DELAY], 0xc);
    cr_expect_eq(r->rcpts[1].begun[RECORD_FINAL], 0);
    cr_expect(r->rcpts[1].reported);
    cr_expect(r->rcpts[2].reported);
    cr_expect_not(r->rcpts[2].warned);
    record_free(r);
}

Test(record, ignores_a_line_that_was_cut_off)
{
    char *text = lines(write_events);
    size_t len = strlen(text);
    struct record *r;

    text[len - 3] = '\0';
    r = read_back(text);
    cr_assert_not_null(r);
    cr_expect_not(r->held);
    cr_expect_lt(r->length, len - 3);
    record_free(r);
}

static void write_nonsense(FILE *out)
{
    fprintf(out, "deferred x y\nfrobnicate 1 2\ndelivered 1 99 8 0 - x\n\n");
    record_event(out, 1795000001, "removed", 2);
}

Test(record, passes_over_events_that_make_no_sense)
{
    struct record *r = read_back(lines(write_nonsense));

    cr_assert_not_null(r);
    cr_expect_eq(r->bad_lines, 4);
    cr_expect_eq(r->rcpts[0].state, RCPT_WAITING);
    cr_expect_eq(r->rcpts[2].state, RCPT_REMOVED);
    record_free(r);
}

Test(record, refuses_an_envelope_with_any_octet_changed)
{
    char *whole = lines(NULL);
    size_t len = strlen(whole);

    for (size_t i = 0; i < len - 1; i++) {
        char *text = strdup(whole);

        text[i] = text[i] == 'z' ? 'y' : 'z';
        cr_expect_null(read_back(text), "octet %zu", i);
    }
    for (size_t i = 0; i < len - 1; i++) {
        char *text = strdup(whole);

        text[i] = '\0';
        cr_expect_null(record_read(1, text, len), "NUL at %zu", i);
    }
    free(whole);
}

Test(record, lets_no_reply_begin_a_line_of_its_own)
{
    struct job_result result = {.outcome = OUTCOME_DEFERRED,
                                .host = "h",
                                .reply = "450 x\nremoved 1 0\r\n\x7f"};
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    record_result(out, 1, 0, 2, &result);
    fclose(out);
    cr_expect_str_eq(text, "deferred 1 0 2 0 0 h "
                           "450 x\\0aremoved 1 0\\0d\\0a\\7f\n");
    free(text);
}

Test(record, keeps_512_octets_of_a_reply_and_all_of_one_that_is_the_end)
{
    struct job_result result = {.host = "h"};

    memset(result.reply, 'x', 4000);
    for (result.outcome = OUTCOME_DELIVERED; result.outcome <= OUTCOME_UNKNOWN;
         result.outcome++) {
        bool again = result.outcome == OUTCOME_DEFERRED ||
                     result.outcome == OUTCOME_UNKNOWN;
        char *text = NULL;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        record_result(out, 1, 0, 2, &result);
        fclose(out);
        cr_expect_eq(strspn(strchr(text, 'x'), "x"), again ? 512 : 4000);
        free(text);
    }
}
