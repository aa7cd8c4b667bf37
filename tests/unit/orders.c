/* What recipients order (lab/orders.c), and what content tells (content.c). */
#include "lab/orders.h"
#include "lab/content.h"

#include <criterion/criterion.h>
#include <string.h>

Test(orders, reads_local_parts)
{
    static const struct {
        const char *local;
        struct order o;
    } rows[] = {
        {"accept", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"alice", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"defer", {ORDER_RCPT, 450, 0, 0, 30}},
        {"Defer-3", {ORDER_RCPT, 450, 3, 0, 30}},
        {"defer-3+second-test", {ORDER_RCPT, 450, 3, 0, 30}},
        {"defer-for-10m", {ORDER_RCPT, 450, 0, 600, 30}},
        {"421", {ORDER_RCPT, 421, 0, 0, 30}},
        {"452-2", {ORDER_RCPT, 452, 2, 0, 30}},
        {"550", {ORDER_RCPT, 550, 0, 0, 30}},
        {"451-at-data", {ORDER_AT_DATA, 451, 0, 0, 30}},
        {"451-at-data-1", {ORDER_AT_DATA, 451, 1, 0, 30}},
        {"4xx-after-dot", {ORDER_AFTER_DOT, 451, 0, 0, 30}},
        {"452-after-dot-for-1h", {ORDER_AFTER_DOT, 452, 0, 3600, 30}},
        {"drop-at-rcpt-1", {ORDER_DROP_RCPT, 0, 1, 0, 30}},
        {"drop-at-data", {ORDER_DROP_DATA, 0, 0, 0, 30}},
        {"drop-after-dot-2", {ORDER_DROP_DOT, 0, 2, 0, 30}},
        {"tls-fail", {ORDER_TLS_FAIL, 450, 0, 0, 30}},
        {"mixed+b", {ORDER_MIXED, 450, 0, 0, 30}},
        {"slow", {ORDER_SLOW, 0, 0, 0, 30}},
        {"slow-2m", {ORDER_SLOW, 0, 0, 0, 120}},
        {"tarpit", {ORDER_TARPIT, 0, 0, 0, 30}},
        /* Somebody's address, not an order. */
        {"", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"defer-", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"defer-0", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"defer-3x", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"defer-9999999", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"defer-for-ever", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"-for-10m", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"250", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"4500", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"mixed-3", {ORDER_ACCEPT, 0, 0, 0, 30}},
        {"554-after-dot", {ORDER_ACCEPT, 0, 0, 0, 30}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct order *want = &rows[i].o;
        struct order o;

        order_parse(rows[i].local, &o);
        cr_expect(o.kind == want->kind && o.code == want->code &&
                      o.times == want->times && o.for_sec == want->for_sec &&
                      o.wait_sec == want->wait_sec,
                  "%s", rows[i].local);
    }
}

Test(orders, stand_for_so_many_attempts_or_so_long)
{
    struct order o;

    order_parse("defer-2", &o);
    cr_expect(order_stands(&o, 0, 0, 0) && order_stands(&o, 1, 1e6, 0));
    cr_expect_not(order_stands(&o, 2, 1e6, 0));
    order_parse("451-for-10m", &o);
    cr_expect(order_stands(&o, 0, 0, 0) && order_stands(&o, 9, 599, 0));
    cr_expect_not(order_stands(&o, 1, 600, 0));
    order_parse("450", &o);
    cr_expect(order_stands(&o, 1000, 1e9, 0));
    order_parse("mixed", &o);
    cr_expect_not(order_stands(&o, 0, 0, 0));
    cr_expect(order_stands(&o, 0, 0, 1));
    cr_expect_not(order_stands(&o, 1, 0, 1));
    order_parse("tls-fail", &o);
    cr_expect(order_stands(&o, 0, 0, 0) && !order_stands(&o, 1, 0, 0));
}

Test(content, finds_the_message_id_and_whom_a_report_is_about)
{
    static const char text[] =
        "Received: from x\r\nMESSAGE-ID: <1@client.example>\r\n\r\n"
        "Message-ID: <no@client.example>\r\n"
        "Final-Recipient: rfc822; defer@example.org\r\nAction: failed\r\n\r\n"
        "Final-Recipient: rfc822;<450@example.org>\nAction: delayed\n";
    struct content whole, one;

    content_init(&whole);
    content_init(&one);
    content_add(&whole, text, sizeof(text) - 1);
    for (size_t i = 0; i + 1 < sizeof(text); i++)
        content_add(&one, text + i, 1);
    cr_expect_str_eq(whole.id, "<1@client.example>");
    cr_assert_eq(whole.nreports, 2);
    cr_expect_str_eq(whole.reports[0].recipient, "defer@example.org");
    cr_expect(whole.reports[0].failed && !whole.reports[0].delayed);
    cr_expect_str_eq(whole.reports[1].recipient, "450@example.org");
    cr_expect(whole.reports[1].delayed && !whole.reports[1].failed);
    cr_expect_eq(memcmp(&whole, &one, sizeof(one)), 0);
}

Test(content, takes_lines_and_reports_without_end)
{
    struct content c;

    content_init(&c);
    for (int i = 0; i < 2000; i++)
        content_add(&c, "Message-ID: 0123456789", 22);
    content_add(&c, "\n\n", 2);
    for (int i = 0; i < 100; i++)
        content_add(&c, "Final-Recipient: rfc822;a@b\nAction: failed\n", 43);
    cr_expect_eq(c.nreports, CONTENT_REPORTS);
}
