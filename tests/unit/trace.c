/* Lines of logs: attempts, what is none, and what cannot be read. */
#include "lab/trace.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define TARRY                                                        \
    "2026-11-21T18:45:03.363Z greylist[29]: event=greylist sid=1m7 " \
    "client=192.0.2.1 identity="
#define POSTGREY "Nov 21 18:45:03 mx postgrey[12]: "

Test(trace, reads_the_lines_of_a_tarryd_and_a_postgrey)
{
    static const struct {
        const char *line;
        int64_t time;
        const char *client, *name, *sender, *recipient;
        bool passed;
    } rows[] = {
        {TARRY "192.0.2.0/24 from=a@b.example to=x@example.org "
               "decision=defer reason=new wait=300\n",
         1795286703, "192.0.2.1", "", "a@b.example", "x@example.org", false},
        {TARRY "b.example from=\"\" to=x@example.org decision=pass "
               "reason=returned waited=300\n",
         1795286703, "192.0.2.1", "b.example", "", "x@example.org", true},
        {TARRY "192.0.2.1 from=\"\\\"a to=evil\\\"@b.example\" "
               "to=x@example.org decision=pass reason=known\n",
         1795286703, "192.0.2.1", "", "\"a to=evil\"@b.example",
         "x@example.org", true},
        {"2026-11-21T19:45:03+01:00 mx greylist[29]: event=greylist sid=1 "
         "client=2001:db8::1 identity=2001:db8::/64 from=a@b.example "
         "to=x@example.org decision=pass reason=known\n",
         1795286703, "2001:db8::1", "", "a@b.example", "x@example.org", true},
        {"2026-11-21T18:45:03.363Z any.tag-at all[3]: event=greylist sid=1m7 "
         "client=192.0.2.1 identity=b.example from=a@b.example "
         "to=x@example.org decision=defer reason=new wait=300\n",
         1795286703, "192.0.2.1", "b.example", "a@b.example", "x@example.org",
         false},
        {POSTGREY "action=greylist, reason=new, client_name=unknown, "
                  "client_address=192.0.2.1, sender=a@b.example, "
                  "recipient=x@example.org\n",
         1795286703, "192.0.2.1", "", "a@b.example", "x@example.org", false},
        {POSTGREY "4F2A: action=pass, reason=triplet found, delay=312, "
                  "client_name=m.b.example, client_address=192.0.2.1, "
                  "recipient=x@example.org\n",
         1795286703, "192.0.2.1", "m.b.example", "", "x@example.org", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trace_reader r = {.year = 2026};
        struct trace_line l;
        struct netaddr client;
        char text[ADDRESS_TEXT] = "";

        cr_assert_eq(trace_read(&r, rows[i].line, &l), TRACE_ATTEMPT, "%zu", i);
        cr_expect_eq(l.time, rows[i].time, "%zu", i);
        netaddr_parse(rows[i].client, &client);
        cr_expect(netaddr_equal(&client, &l.client));
        cr_expect_str_eq(l.name, rows[i].name);
        if (l.sender.domain[0] != '\0')
            address_text(&l.sender, text, sizeof(text));
        cr_expect_str_eq(text, rows[i].sender);
        cr_expect_str_eq(address_text(&l.recipient, text, sizeof(text)),
                         rows[i].recipient);
        cr_expect_eq(l.passed, rows[i].passed, "%zu", i);
    }
}

Test(trace, passes_over_what_is_no_attempt_and_tells_what_it_cannot_read)
{
    static const struct {
        const char *line;
        enum trace_kind kind;
    } rows[] = {
        {"", TRACE_OTHER},
        {"nothing\n", TRACE_OTHER},
        {"2026-11-21T18:45:03.363Z smtpd[2]: event=rcpt to=x@example.org\n",
         TRACE_OTHER},
        {"Nov 21 18:45:03 mx postfix/smtpd[1]: reject: from=<x: action=pass, "
         "client_address=192.0.2.1, sender=a@b.example, recipient=x@b.example>",
         TRACE_OTHER},
        {POSTGREY "cleaning up old logs...\n", TRACE_OTHER},
        {TARRY "192.0.2.0/24 from=a@b.example to=@ decision=pass\n",
         TRACE_UNFIT},
        {TARRY "192.0.2.0/24 from=a@b.example", TRACE_UNFIT},
        {POSTGREY "action=pass, client_name=x, client_address=192.0.2.1\n",
         TRACE_UNFIT},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trace_reader r = {.year = 2026};
        struct trace_line l;

        cr_expect_eq(trace_read(&r, rows[i].line, &l), rows[i].kind, "%s",
                     rows[i].line);
    }
}

Test(trace, knows_that_a_year_has_ended)
{
    struct trace_reader r = {.year = 2025};
    struct trace_line l;
    int64_t before;

    trace_read(&r,
               "Dec 31 23:59:59 mx postgrey[1]: action=pass, client_address="
               "192.0.2.1, recipient=x@example.org\n",
               &l);
    cr_expect_eq(trace_read(&r,
                            "Dec 31 23:59:59 mx postgrey[1]: action=pass, "
                            "reason=x, client_address=192.0.2.1, "
                            "recipient=x@example.org\n",
                            &l),
                 TRACE_ATTEMPT);
    before = l.time;
    trace_read(&r,
               "Jan  1 00:00:01 mx postgrey[1]: action=pass, reason=x, "
               "client_address=192.0.2.1, recipient=x@example.org\n",
               &l);
    cr_expect_eq(l.time, before + 2);
}

Test(trace, reads_the_zone_of_a_time_in_both_spellings)
{
    static const char *const times[] = {
        "2026-11-21T19:45:03+01:00", "2026-11-21T19:45:03+0100",
        "2026-11-21T18:45:03.5Z", "2026-11-21T13:15:03-0530"};
    struct trace_reader r = {.year = 2026};
    char line[512];
    struct trace_line l;

    for (size_t i = 0; i < 4; i++) {
        snprintf(line, sizeof(line),
                 "%s mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from "
                 "unknown[192.0.2.1]: 450 4.2.0 Greylisted; from=<> "
                 "to=<x@example.org> proto=SMTP helo=<h>\n",
                 times[i]);
        cr_expect_eq(trace_read(&r, line, &l), TRACE_ATTEMPT);
        cr_expect_eq(l.time, 1795286703, "%s", times[i]);
    }
}
