/* Lines of a Postfix: greylisting by its text, messages by their queue ids. */
#include "lab/trace.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define HEAD "Nov 21 18:45:03 mx postfix/"
#define REFUSED \
    HEAD "smtpd[1]: NOQUEUE: reject: RCPT from m.b.example[192.0.2.1]: "

static struct trace_reader reader;

static void begin(void)
{
    reader = (struct trace_reader){.year = 2026};
}

static enum trace_kind say(const char *line, struct trace_line *l)
{
    return trace_read(&reader, line, l);
}

static uint64_t left_deferred(void)
{
    uint64_t n = 0;

    for (size_t i = 0; trace_reason(i) != NULL; i++)
        n += reader.left.deferred[i];
    return n;
}

Test(trace_postfix, knows_greylisting_by_its_text, .init = begin)
{
    static const struct {
        const char *text;
        bool greylisted;
    } rows[] = {
        {"450 4.2.0 <x@example.org>: Recipient address rejected: Greylisted, "
         "see http://postgrey.schweikert.ch/help/example.org.html",
         true},
        {"450 4.7.1 <x@example.org>: Recipient address rejected: Greylisted "
         "for 5 minutes",
         true},
        /* sqlgrey 1.8.0 and rspamd 3.4, see tests/replay/greylisters.log */
        {"450 4.7.1 <x@example.org>: Recipient address rejected: Throttling "
         "too many connections from new source -  Try again later.",
         true},
        {"4.7.1 Try again later: Sat, 21 Nov 2026 23:45:16 GMT", true},
        {"451 4.7.1 Greylisting in action, please come back in 00:04:59", true},
        {"451 4.7.1 Try again later", true},
        {"4.7.1 Try again later", true},
        {"451 4.7.1 Intentional policy rejection, please try again later",
         true},
        {"450 4.7.1 <x@example.org>: Recipient address rejected: Policy "
         "Rejection- Please try later.",
         true},
        {"450 <x@example.org>: Recipient address rejected: BarNet Engineered "
         "Transit Delay -- 39 seconds",
         true},
        {"421 4.7.1 Nice to meet you - please try again in 3 minutes", true},
        {"450 4.7.1 <x@example.org>: Recipient address rejected: Welcome, "
         "please retry in 5 minutes",
         true},
        {"450 4.2.0 <quota@example.org>: Recipient address rejected: "
         "Greylisted",
         true},
        {"450 4.1.8 <a@b.example>: Sender address rejected: Domain not found",
         false},
        {"450 4.1.1 <x@greylist.example>: Recipient address rejected: User "
         "unknown in local recipient table",
         false},
        {"450 4.1.1 <x@example.org>: Recipient address rejected: unverified "
         "address: Address verification in progress",
         false},
        {"451 4.7.1 Service unavailable - try again later", false},
        {"450 4.7.1 <x@example.org>: Recipient address rejected: too many "
         "messages, try again in 10 minutes",
         false},
        {"451 4.3.0 <x@example.org>: Temporary lookup failure", false},
        {"452 4.2.2 <x@example.org>: Recipient address rejected: Mailbox is "
         "full / try again later",
         false},
        {"450 4.7.1 <x@example.org>: Recipient address rejected: no", false},
    };
    uint64_t left = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[1024];
        struct trace_line l;
        enum trace_kind kind;

        snprintf(line, sizeof(line),
                 REFUSED "%s; from=<a@b.example> to=<x@example.org> "
                         "proto=ESMTP helo=<m.b.example>\n",
                 rows[i].text);
        kind = say(line, &l);
        cr_expect_eq(kind, rows[i].greylisted ? TRACE_ATTEMPT : TRACE_OTHER,
                     "%s", rows[i].text);
        left += !rows[i].greylisted;
        cr_expect_eq(left_deferred(), left, "%s", rows[i].text);
        if (kind == TRACE_ATTEMPT)
            cr_expect(!l.passed && l.postfix &&
                      strcmp(l.name, "m.b.example") == 0 &&
                      strcmp(l.recipient.local, "x") == 0);
    }
    cr_expect_str_eq(reader.left.example, "Recipient address rejected: no");
    trace_end(&reader);
}

Test(trace_postfix, takes_a_text_for_greylisting_that_it_is_told_of,
     .init = begin)
{
    struct trace_line l;
    const char *line = REFUSED "451 4.7.1 Service unavailable - try again "
                               "later; from=<> to=<x@example.org> proto=SMTP "
                               "helo=<h>\n";

    cr_expect_eq(say(line, &l), TRACE_OTHER);
    reader.also = "service UNAVAILABLE -";
    cr_expect_eq(say(line, &l), TRACE_ATTEMPT);
    cr_expect_str_eq(l.sender.domain, "");
}

/* All lines of an accepted message but the one of its recipient. */
static void accept_message(const char *client, const char *id)
{
    char line[512];
    struct trace_line l;

    snprintf(line, sizeof(line), HEAD "smtpd[1]: %s: client=%s\n", id, client);
    cr_expect_eq(say(line, &l), TRACE_OTHER);
    snprintf(line, sizeof(line), HEAD "cleanup[1]: %s: message-id=<m@x>\n", id);
    cr_expect_eq(say(line, &l), TRACE_OTHER);
    snprintf(line, sizeof(line),
             HEAD "qmgr[1]: %s: from=<a@b.example>, size=1, nrcpt=1 (queue "
                  "active)\n",
             id);
    cr_expect_eq(say(line, &l), TRACE_OTHER);
}

#define SENT ", relay=virtual, delay=1, status=sent (delivered)\n"

Test(trace_postfix, joins_an_accepted_message_by_its_queue_id, .init = begin)
{
    struct trace_line l;
    const char *to = "Nov 21 18:45:09 mx postfix/virtual[1]: 4cZ1yF0Q3Wz1xB: "
                     "to=<y@example.org>, orig_to=<x@example.org>" SENT;

    accept_message("m.b.example[2001:db8::1]:4711", "4cZ1yF0Q3Wz1xB");
    cr_assert_eq(say(to, &l), TRACE_ATTEMPT);
    cr_expect(l.passed);
    cr_expect_eq(l.time, 1795286703);
    cr_expect_eq(l.client.family, 6);
    cr_expect_str_eq(l.name, "m.b.example");
    cr_expect_str_eq(l.sender.local, "a");
    cr_expect_str_eq(l.recipient.local, "x");
    /* Another mailbox behind that address, or another try to store it. */
    cr_expect_eq(say(to, &l), TRACE_OTHER);
    cr_expect_eq(
        say(HEAD "lmtp[1]: 4cZ1yF0Q3Wz1xB: to=<z@example.org>" SENT, &l),
        TRACE_ATTEMPT);
    say(HEAD "qmgr[1]: 4cZ1yF0Q3Wz1xB: removed\n", &l);
    cr_expect_eq(say(to, &l), TRACE_OTHER);
    trace_end(&reader);
    cr_expect_eq(reader.left.incomplete, 1);
}

Test(trace_postfix, knows_a_queue_id_that_is_used_again, .init = begin)
{
    struct trace_line l;
    const char *to = HEAD "local[1]: ABCDE12345: to=<x@example.org>" SENT;

    accept_message("unknown[192.0.2.1]", "ABCDE12345");
    cr_expect_eq(say(to, &l), TRACE_ATTEMPT);
    /* Without the line that ends the first. */
    accept_message("unknown[192.0.2.2]", "ABCDE12345");
    cr_expect_eq(say(to, &l), TRACE_ATTEMPT);
    cr_expect_eq(l.client.octets[3], 2);
    cr_expect_str_eq(l.name, "");
    /* The same id of another host, or another instance. */
    cr_expect_eq(say("Nov 21 18:45:03 mx2 postfix/local[1]: ABCDE12345: "
                     "to=<y@example.org>" SENT,
                     &l),
                 TRACE_OTHER);
    cr_expect_eq(say("Nov 21 18:45:03 mx postfix-out/local[1]: ABCDE12345: "
                     "to=<y@example.org>" SENT,
                     &l),
                 TRACE_OTHER);
    trace_end(&reader);
}

Test(trace_postfix, leaves_out_who_is_no_stranger, .init = begin)
{
    static const char *const clients[] = {
        ("m.b.example[192.0.2.1], sasl_method=PLAIN, sasl_username=joe"),
        ("localhost[127.0.0.1]"),
        ("localhost[::1]"),
        ("filter[192.0.2.9], orig_queue_id=1234567890, "
         "orig_client=x[192.0.2.1]"),
    };
    struct trace_line l;

    for (size_t i = 0; i < 4; i++) {
        accept_message(clients[i], "ABCDE12345");
        cr_expect_eq(
            say(HEAD "local[1]: ABCDE12345: to=<x@example.org>" SENT, &l),
            TRACE_OTHER, "%s", clients[i]);
    }
    say(HEAD "pickup[1]: ABCDE99999: uid=0 from=<root>\n", &l);
    say(HEAD "qmgr[1]: ABCDE99999: from=<root@x.example>, size=1, nrcpt=1\n",
        &l);
    cr_expect_eq(say(HEAD "local[1]: ABCDE99999: to=<x@example.org>" SENT, &l),
                 TRACE_OTHER);
    /* A report that Postfix wrote itself. */
    say(HEAD "cleanup[1]: ABCDE77777: message-id=<r@x>\n", &l);
    cr_expect_eq(reader.left.own, 6);
    trace_end(&reader);
    cr_expect_eq(reader.left.incomplete, 0);
}

Test(trace_postfix, remembers_no_more_queue_ids_than_it_may, .init = begin)
{
    struct trace_line l;
    char line[256];

    accept_message("unknown[192.0.2.1]", "FFFFFFFFFF");
    for (int i = 0; i < TRACE_OPEN; i++) {
        snprintf(line, sizeof(line),
                 HEAD "smtpd[1]: %010X: client=unknown[192.0.2.1]\n",
                 (unsigned)i);
        say(line, &l);
    }
    /* The oldest is forgotten, and told of; the next one is not. */
    cr_expect_eq(reader.left.incomplete, 1);
    cr_expect_eq(say(HEAD "local[1]: FFFFFFFFFF: to=<x@example.org>" SENT, &l),
                 TRACE_OTHER);
    say(HEAD "qmgr[1]: 0000000002: from=<a@b.example>, size=1, nrcpt=1\n", &l);
    cr_expect_eq(say(HEAD "local[1]: 0000000002: to=<x@example.org>" SENT, &l),
                 TRACE_ATTEMPT);
    trace_end(&reader);
}

Test(trace_postfix, survives_lines_that_end_anywhere, .init = begin)
{
    static const char *const lines[] = {
        REFUSED "450 4.2.0 <x@example.org>: Greylisted; from=<a@b.example> "
                "to=<x@example.org> proto=SMTP helo=<h>\n",
        HEAD "smtpd[1]: ABCDE12345: client=m.b.example[192.0.2.1]\n",
        HEAD "qmgr[1]: ABCDE12345: from=<a@b.example>, size=1, nrcpt=1\n",
        HEAD "local[1]: ABCDE12345: to=<x@example.org>, orig_to=<y>" SENT};
    struct trace_line l;
    char line[512];

    for (size_t i = 0; i < 4; i++)
        for (size_t n = 0; n <= strlen(lines[i]); n++) {
            snprintf(line, sizeof(line), "%.*s", (int)n, lines[i]);
            say(line, &l);
        }
    trace_end(&reader);
}
