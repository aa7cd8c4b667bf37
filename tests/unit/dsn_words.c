/* RET, ENVID, NOTIFY and ORCPT as commands carry them. */
#include "lib/dsn_words.h"

#include <criterion/criterion.h>
#include <string.h>

Test(dsn_words, reads_notify)
{
    static const struct {
        const char *text;
        bool fine;
        unsigned notify;
    } rows[] = {
        {"NEVER", true, NOTIFY_NEVER},
        {"success", true, NOTIFY_SUCCESS},
        {"Delay,FAILURE", true, NOTIFY_DELAY | NOTIFY_FAILURE},
        {"SUCCESS,FAILURE,DELAY", true, 14},
        {"NEVER,SUCCESS", false, 0},
        {"SUCCESS,NEVER", false, 0},
        {"SUCCESS,SUCCESS", false, 0},
        {"SUCCESS,", false, 0},
        {",SUCCESS", false, 0},
        {"", false, 0},
        {"SUCCES", false, 0},
        {"SUCCESSS", false, 0},
        {"ALWAYS", false, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned notify;
        const char *text = rows[i].text;

        cr_expect_eq(dsn_read_notify(text, strlen(text), &notify), rows[i].fine,
                     "%s", text);
        if (rows[i].fine)
            cr_expect_eq(notify, rows[i].notify, "%s", text);
    }
}

Test(dsn_words, reads_ret)
{
    bool full = false;

    cr_expect(dsn_read_ret("FULL", 4, &full) && full);
    cr_expect(dsn_read_ret("hdrs", 4, &full) && !full);
    cr_expect(!dsn_read_ret("HDR", 3, &full));
    cr_expect(!dsn_read_ret("", 0, &full));
}

Test(dsn_words, takes_xtext_of_printable_ascii_for_an_envid)
{
    static const char *const good[] = {"QQ314159", "a+2Bb", "+20", "+7E",
                                       "<@>"};
    static const char *const bad[] = {"",    "a=b",      "a b",   "a+",
                                      "a+2", "+2b",      "+0A",   "+7F",
                                      "+00", "\xc3\xa4", "+C3+A4"};
    char text[DSN_ENVID + 1];

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        cr_expect(dsn_is_envid(good[i], strlen(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect(!dsn_is_envid(bad[i], strlen(bad[i])), "%s", bad[i]);
    memset(text, 'x', sizeof(text));
    cr_expect(dsn_is_envid(text, 100));
    cr_expect(!dsn_is_envid(text, 101));
}

Test(dsn_words, takes_a_type_and_an_address_for_an_orcpt)
{
    static const char *const good[] = {"rfc822;bob@example.org", "X400;/a/b",
                                       "rfc822;a+2B@b", "utf-8;\\x{E4}@b"};
    static const char *const bad[] = {"",          "rfc822",      "rfc822;",
                                      ";bob@b",    "rfc 822;b",   "rfc822;a b",
                                      "rfc822;a=", "rfc822;a+",   "rfc822;+0A",
                                      "a+b;c",     "rf\xc3\xa4;b"};
    char text[DSN_ORCPT + 1] = "rfc822;";

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        cr_expect(dsn_is_orcpt(good[i], strlen(good[i]), false), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect(!dsn_is_orcpt(bad[i], strlen(bad[i]), true), "%s", bad[i]);
    memset(text + 7, 'x', sizeof(text) - 7);
    cr_expect(dsn_is_orcpt(text, 500, false));
    cr_expect(!dsn_is_orcpt(text, 501, false));
}

Test(dsn_words, takes_utf8_in_an_orcpt_of_that_type_where_it_may_stand)
{
    static const char text[] = "utf-8;m\xc3\xbcller@example.org";

    cr_expect(dsn_is_orcpt(text, strlen(text), true));
    cr_expect(!dsn_is_orcpt(text, strlen(text), false));
    cr_expect(!dsn_is_orcpt("rfc822;m\xc3\xbcller", 14, true));
    cr_expect(!dsn_is_orcpt("utf-8;m\xc3", 8, true));
    cr_expect(!dsn_is_orcpt("utf-8;m\xc3\xbc", 8, true)); /* cut in two */
}

Test(dsn_words, ask_no_success_of_where_an_alias_leads)
{
    cr_expect_eq(dsn_notify_expanded(0), 0);
    cr_expect_eq(dsn_notify_expanded(NOTIFY_NEVER), NOTIFY_NEVER);
    cr_expect_eq(dsn_notify_expanded(NOTIFY_SUCCESS), NOTIFY_NEVER);
    cr_expect_eq(dsn_notify_expanded(NOTIFY_SUCCESS | NOTIFY_DELAY),
                 NOTIFY_DELAY);
}
