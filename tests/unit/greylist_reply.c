/* Reply templates: the seeds' texts, each placeholder, each mistake. */
#include "greylist/reply.h"

#include <criterion/criterion.h>
#include <string.h>

static char err[512], out[REPLY_TEXT];

static struct reply_template *make(const char *const *lines, size_t n,
                                   const char *url)
{
    err[0] = '\0';
    return reply_template_new(lines, n, "mx.example.org", url, err,
                              sizeof(err));
}

static const char *filled(const char *text, uint32_t wait_sec)
{
    struct reply_template *t = make(&text, 1, "https://example.org/wait");
    struct reply_values v = {wait_sec, "joe@example.org", "192.0.2.1"};

    cr_assert_not_null(t, "%s: %s", text, err);
    reply_template_write(t, &v, out);
    reply_template_free(t);
    return out;
}

Test(greylist_reply, says_what_bergen_says)
{
    static const char *const lines[] = {
        "421 Nice to meet you - please try again in %m minutes",
        "For more information see: %u", "or contact postmaster@%h"};
    struct reply_template *t = make(lines, 3, "https://example.org/grey");
    struct reply_values v = {180, "joe@example.org", "192.0.2.1"};

    cr_assert_not_null(t, "%s", err);
    cr_assert_str_eq(
        reply_template_write(t, &v, out),
        "421 4.7.1 Nice to meet you - please try again in 3 minutes\n"
        "421 4.7.1 For more information see: https://example.org/grey\n"
        "421 4.7.1 or contact postmaster@mx.example.org");
    v.wait_sec = 61;
    cr_assert_not_null(strstr(reply_template_write(t, &v, out), "2 minutes"));
    reply_template_free(t);
}

Test(greylist_reply, says_what_five_minutes_says)
{
    cr_assert_str_eq(filled("450 4.7.1 Greylisting in effect. Please try again "
                            "to send this e-mail in %w.",
                            300),
                     "450 4.7.1 Greylisting in effect. Please try again to "
                     "send this e-mail in 5 minutes.");
}

Test(greylist_reply, counts_down_as_barnet_does)
{
    static const char text[] = "450 <%r>: Recipient address rejected: BarNet "
                               "Engineered Transit Delay -- %w";

    cr_assert_str_eq(filled(text, 39),
                     "450 4.7.1 <joe@example.org>: Recipient address rejected: "
                     "BarNet Engineered Transit Delay -- 39 seconds");
    cr_assert_not_null(strstr(filled(text, 38), "-- 38 seconds"));
    cr_assert_not_null(strstr(filled(text, 1), "-- 1 second"));
}

Test(greylist_reply, writes_a_wait_for_people_and_never_less_than_it_is)
{
    static const struct {
        uint32_t sec;
        const char *expect;
    } cases[] = {
        {1, "1 second"},       {39, "39 seconds"},
        {59, "59 seconds"},    {60, "1 minute"},
        {61, "2 minutes"},     {300, "5 minutes"},
        {3540, "59 minutes"},  {3541, "1 hour"},
        {3600, "1 hour"},      {3601, "61 minutes"},
        {7140, "119 minutes"}, {7141, "2 hours"},
        {7200, "2 hours"},     {7201, "3 hours"},
        {86400, "24 hours"},   {UINT32_MAX, "1193047 hours"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_str_eq(filled("450 4.7.1 %w", cases[i].sec) + 10,
                         cases[i].expect, "%u: %s", cases[i].sec, out);
}

Test(greylist_reply, fills_in_every_placeholder)
{
    cr_assert_str_eq(filled("451 4.2.0 %s %m %r\n%c %h %u 100%%", 3599),
                     "451 4.2.0 3599 60 joe@example.org\n451 4.2.0 192.0.2.1 "
                     "mx.example.org https://example.org/wait 100%");
}

Test(greylist_reply, gives_all_lines_the_codes_of_the_first)
{
    static const char expect[] = "450 4.7.5 a\n450 4.7.5 b\n450 4.7.5";

    cr_assert_str_eq(filled("450 4.7.5 a\nb\n", 1), expect);
    cr_assert_str_eq(filled("450-4.7.5 a\n450-b\n450 ", 1), expect);
    cr_assert_str_eq(filled("450-4.7.5 a\n4.7.5 b\n450 4.7.5", 1), expect);
    cr_assert_str_eq(filled("450", 1), "450 4.7.1");
    cr_assert_str_eq(filled("450 4.7 percent", 1), "450 4.7.1 4.7 percent");
}

Test(greylist_reply, replaces_what_is_no_printable_ascii_in_a_recipient)
{
    static const char *const text = "450 4.7.1 <%r>";
    struct reply_template *t = make(&text, 1, NULL);
    struct reply_values v = {1, "j\xc3\xb6\n%re@a.example", ""};

    cr_assert_str_eq(reply_template_write(t, &v, out),
                     "450 4.7.1 <j???%re@a.example>");
    reply_template_free(t);
}

Test(greylist_reply, refuses_what_would_be_no_reply)
{
    static const struct {
        const char *text, *err;
    } cases[] = {
        {"", "does not begin with a code"},
        {"Please wait", "does not begin with a code"},
        {"550 5.7.1 Never", "does not begin with a code"},
        {"250 4.7.1 Ok", "does not begin with a code"},
        {"4500 4.7.1 x", "does not begin with a code"},
        {"452 4.7.1 x", "does not begin with a code"},
        {"450 5.7.1 x", "no 4.x.x"},
        {"450 4.7.1 a\n421 4.7.1 b", "other codes than the first line, 450"},
        {"450 4.7.1 a\n450 4.7.2 b", "other codes"},
        {"450 4.7.1 a\n4.7.12 b", "other codes"},
        {"450 4.7.1 50% of", "unknown % ;"},
        {"450 4.7.1 %", "unknown %;"},
        {"450 4.7.1 %d", "unknown %d;"},
        {"450 4.7.1 see %u", "there is no url"},
        {"450 4.7.1 tab\there", "no printable ASCII"},
        {"450 4.7.1 a\r\nb", "no printable ASCII"},
        {"450 4.7.1 gr\xc3\xbc\xc3\x9f", "no printable ASCII"},
        {"450 4.7.1 %r %r", "longer than 500 octets"},
        {"450 4.7.1 %r\n%r\n%r", "longer than 1023 octets"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect_null(make(&cases[i].text, 1, NULL), "%s", cases[i].text);
        cr_expect_not_null(strstr(err, cases[i].err), "%s: %s", cases[i].text,
                           err);
    }
    cr_assert_null(make(NULL, 0, NULL));
    cr_assert_not_null(strstr(err, "is empty"));
}

Test(greylist_reply, refuses_a_line_that_could_become_longer_than_500_octets)
{
    char text[600];
    const char *p = text;
    struct reply_template *t;

    memset(text, 'a', sizeof(text));
    memcpy(text, "450 4.7.1 ", 10);
    text[500] = '\0';
    t = make(&p, 1, NULL);
    cr_assert_not_null(t, "%s", err);
    reply_template_free(t);
    text[500] = 'a';
    text[501] = '\0';
    cr_assert_null(make(&p, 1, NULL));
}

Test(greylist_reply, refuses_more_text_than_there_is_room_for)
{
    char text[4096];
    const char *p = text;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 100 == 99 ? '\n' : 'a';
    memcpy(text, "450 4.7.1 ", 10);
    text[sizeof(text) - 1] = '\0';
    cr_assert_null(make(&p, 1, NULL));
    cr_assert_not_null(strstr(err, "too long"), "%s", err);
}
