/* The record of attempts as text (lab/seen.c). */
#include "lab/seen.h"

#include <criterion/criterion.h>
#include <string.h>

Test(seen, reads_what_it_wrote)
{
    struct seen_list l = {.speed = 300, .sees_reports = true}, back;
    char text[4096];
    unsigned line;
    FILE *f = fmemopen(text, sizeof(text), "w+");
    struct seen s = {.time_ms = 1700000000123,
                     .mx = 1,
                     .step = SEEN_RCPT,
                     .insists = true,
                     .helo = "client\texample",
                     .sender = "<>",
                     .recipient = "d\u00e9fer@example.org",
                     .message = "",
                     .reply = "450 4.7.1 Later"};

    netaddr_parse("2001:db8::1", &s.client);
    seen_write_head(f, &l);
    seen_write(f, &s);
    rewind(f);
    cr_assert_null(seen_read(f, &back, &line));
    cr_assert_eq(back.n, 1);
    cr_expect_eq(back.speed, 300);
    cr_expect(back.sees_reports && back.v[0].insists);
    cr_expect_eq(back.v[0].time_ms, s.time_ms);
    cr_expect_eq(back.v[0].code, 450);
    cr_expect_eq(back.v[0].mx, 1);
    cr_expect_str_eq(back.v[0].helo, "client?example");
    cr_expect_str_eq(back.v[0].recipient, s.recipient);
    cr_expect_str_eq(back.v[0].message, "");
    cr_expect(netaddr_equal(&back.v[0].client, &s.client));
    seen_release(&back);
    fclose(f);
}

Test(seen, keeps_the_order_of_time_when_a_later_attempt_ends_first)
{
    static const char *const names[] = {"mx1", "mx2", "mx2 again", "later"};
    struct seen_list l = {0};
    struct seen s = {.helo = "", .sender = "", .message = "", .reply = ""};

    for (size_t i = 0; i < 4; i++) {
        static const size_t ended[] = {1, 2, 0, 3};
        static const int64_t began[] = {1000, 1000, 1016, 1020};
        static const unsigned mx[] = {0, 1, 1, 0};

        s.recipient = names[ended[i]];
        s.time_ms = began[ended[i]];
        s.mx = mx[ended[i]];
        seen_add(&l, &s);
    }
    for (size_t i = 0; i < 4; i++)
        cr_expect_str_eq(l.v[i].recipient, names[i]);
    seen_release(&l);
}

Test(seen, knows_when_nobody_watched)
{
    char text[] = "tarrylab-seen 1 speed=1 reports=no\n# began 5\n"
                  "10\t0\t192.0.2.1\t-\ta\tb\trcpt\t-\t-\t-\n"
                  "# ended 20\n# began 50\n"
                  "60\t0\t192.0.2.1\t-\ta\tb\trcpt\t-\t-\t-\n"
                  "# began 80\n# ended 90\n";
    FILE *f = fmemopen(text, strlen(text), "r");
    struct seen_list l;
    unsigned line;

    cr_assert_null(seen_read(f, &l, &line));
    cr_assert_eq(l.ngaps, 2);
    cr_expect(l.gaps[0].from_ms == 20 && l.gaps[0].to_ms == 50);
    cr_expect(l.gaps[1].from_ms == 60 && l.gaps[1].to_ms == 80);
    cr_expect_eq(l.ended_ms, 90);
    seen_release(&l);
    fclose(f);
}

Test(seen, refuses_a_record_that_it_does_not_understand)
{
    static const struct {
        const char *text, *wrong;
    } bad[] = {
        {"tarrylab-seen 2 speed=1 reports=no\n", "version 1"},
        {"tarrylab-seen 1 speed=0 reports=no\n", "settings"},
        {"tarrylab-seen 1 speed=inf reports=no\n", "settings"},
        {"tarrylab-seen 1 speed=1 reports=no\n1\t0\t192.0.2.1\n", "too few"},
        {"tarrylab-seen 1 speed=1 reports=no\n"
         "1\t0\tx\t-\ta\tb\trcpt\t-\t-\t-\n",
         "no address"},
        {"tarrylab-seen 1 speed=1 reports=no\n"
         "1\t0\t192.0.2.1\t-\ta\tb\tjump\t-\t-\t-\n",
         "no such step"},
        {"tarrylab-seen 1 speed=1 reports=no\n"
         "9223372036854775807\t0\t192.0.2.1\t-\ta\tb\trcpt\t-\t-\t-\n",
         "the time is none"},
        {"tarrylab-seen 1 speed=1 reports=no\n"
         "1\t-1\t192.0.2.1\t-\ta\tb\trcpt\t-\t-\t-\n",
         "mx is no"},
        {"tarrylab-seen 1 speed=1 reports=no\n"
         "1\t0\t192.0.2.1\t-\ta\t\x1b[31m\trcpt\t-\t-\t-\n",
         "no text"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct seen_list l;
        unsigned line;
        FILE *f =
            fmemopen((void *)(uintptr_t)bad[i].text, strlen(bad[i].text), "r");
        const char *wrong = seen_read(f, &l, &line);

        cr_expect(wrong && strstr(wrong, bad[i].wrong), "%s", bad[i].text);
        cr_expect_eq(line, i < 3 ? 1 : 2);
        seen_release(&l);
        fclose(f);
    }
}
