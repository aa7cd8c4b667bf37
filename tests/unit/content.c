/* What is read of a message's content (lab/content.c). */
#include "lab/content.h"

#include <criterion/criterion.h>
#include <string.h>

static void read_all(struct content *c, const char *text)
{
    content_init(c);
    for (; *text != '\0'; text++) /* octet by octet */
        content_add(c, text, 1);
}

Test(content, reads_the_id_and_whom_a_report_is_about)
{
    struct content c;

    read_all(&c, "Subject: x\r\nMessage-ID: <1@a.example>\r\n\r\n"
                 "Reporting-MTA: dns; a.example\r\n\r\n"
                 "Final-Recipient: rfc822; x@example.org\r\n"
                 "Action: failed\r\nStatus: 5.0.0\r\n\r\n"
                 "Final-Recipient: rfc822; <y@example.org>\r\n"
                 "Action: delayed\r\n");
    cr_expect_str_eq(c.id, "<1@a.example>");
    cr_assert_eq(c.nreports, 2);
    cr_expect_str_eq(c.reports[0].recipient, "x@example.org");
    cr_expect(c.reports[0].failed && !c.reports[0].delayed);
    cr_expect_str_eq(c.reports[1].recipient, "y@example.org");
    cr_expect(!c.reports[1].failed && c.reports[1].delayed);
}

Test(content, reads_a_report_that_names_the_action_first)
{
    struct content c;

    read_all(&c, "Subject: Warning\n\nReporting-MTA: dns; a.example\n\n"
                 "Action: delayed\nFinal-Recipient: rfc822;x@example.org\n"
                 "Status: 4.0.0\n\n"
                 "Action: failed\nFinal-Recipient: rfc822;y@example.org\n");
    cr_assert_eq(c.nreports, 2);
    cr_expect_str_eq(c.reports[0].recipient, "x@example.org");
    cr_expect(c.reports[0].delayed && !c.reports[0].failed);
    cr_expect_str_eq(c.reports[1].recipient, "y@example.org");
    cr_expect(c.reports[1].failed && !c.reports[1].delayed);
}

Test(content, takes_no_action_from_another_group)
{
    struct content c;

    read_all(&c, "\nFinal-Recipient: rfc822; x@example.org\n\n"
                 "Action: failed\n\nFinal-Recipient: rfc822; y@example.org\n");
    cr_expect_eq(c.nreports, 0);
}
