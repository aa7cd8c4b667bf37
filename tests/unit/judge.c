/* The judgement: who is exempt, what the policy hears, what a sender hears. */
#include "greylist/judge.h"

#include "greylist/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define T0 INT64_C(1700000000)

static struct judge_settings *settings;
static struct address joe, alice;
static struct rcpt usual;
static struct judgement j;
static const struct record nothing;
static const struct client_record nobody;

/* Settings from lines in the section greylist, and one file of clients. */
static struct judge_settings *make(const char *lines, const char *clients,
                                   char *err, size_t size)
{
    char text[2048];
    struct conf *c;
    struct judge_settings *s;
    const struct settings_file file = {FILE_EXEMPT_CLIENTS, 0, "/clients",
                                       clients,
                                       clients != NULL ? strlen(clients) : 0};

    snprintf(text, sizeof(text),
             "hostname = \"mx.example.org\"\ndomains = { \"example.org\" }\n"
             "mailboxes = \"/var/mail/%%d/%%u\"\ngreylist {\n%s\n}\n",
             lines);
    c = conf_parse("tarry.conf", text, strlen(text), err, size);
    cr_assert_not_null(c, "%s", err);
    s = settings_new(c, &file, clients != NULL, err, size);
    conf_free(c);
    return s;
}

static void use(const char *lines)
{
    char err[4096];

    settings_free(settings);
    settings = make(lines, NULL, err, sizeof(err));
    cr_assert_not_null(settings, "%s", err);
}

static void setup(void)
{
    use("");
    address_parse("joe@client.example", 0, &joe);
    address_parse("alice@example.org", 0, &alice);
    memset(&usual, 0, sizeof(usual));
    netaddr_parse("192.0.2.7", &usual.client);
    usual.name = "";
    usual.sender = &joe;
    usual.recipient = &alice;
}

static void teardown(void)
{
    settings_free(settings);
    settings = NULL;
}

TestSuite(judge, .init = setup, .fini = teardown);

/* The whole way, with what is known, so many seconds later. */
static void judge(const struct record *r, int64_t after)
{
    cr_assert(judge_begin(settings, &usual, &j));
    judge_finish(settings, &usual, r, &nobody, T0 + after, &j);
}

static void expect_exempt(enum judge_reason reason, const char *word)
{
    cr_expect_not(judge_begin(settings, &usual, &j), "%s", word);
    cr_expect_eq(j.reason, reason, "%s", word);
    cr_expect_eq(j.judged, JUDGED_PASS);
    cr_expect_str_eq(judge_word(&j), word);
    cr_expect_str_eq(j.reply, "");
    cr_expect_str_eq(j.header, "");
}

Test(judge, defers_a_stranger_with_the_wait)
{
    judge(&nothing, 0);
    cr_expect_eq(j.judged, JUDGED_DEFER);
    cr_expect_str_eq(j.reply,
                     "450 4.7.1 Greylisted, please try again in 5 minutes");
    cr_expect_str_eq(judge_word(&j), "new");
    cr_expect_str_eq(j.identity, "192.0.2.0/24");
    cr_expect_str_eq(j.network, "");
    cr_expect_str_eq(j.sender, "joe@client.example");
    cr_expect_str_eq(j.recipient, "alice@example.org");
    cr_expect(j.outcome.record_changed);
}

Test(judge, says_how_long_mail_waited_and_how_often_it_came)
{
    struct record r = {.first = T0, .last = T0 + 60, .refused = 3};

    judge(&r, 312);
    cr_expect_eq(j.judged, JUDGED_PASS);
    cr_expect_str_eq(j.reply, "");
    cr_expect_str_eq(j.header, "X-Greylist: delayed 312 seconds, 4 attempts, "
                               "by mx.example.org\n");
    cr_expect_str_eq(judge_word(&j), "returned");
}

Test(judge, puts_no_field_on_mail_that_did_not_wait)
{
    struct record r = {
        .first = T0, .last = T0 + 312, .passed = T0 + 312, .refused = 1};

    judge(&r, 1000);
    cr_expect_eq(j.judged, JUDGED_PASS);
    cr_expect_str_eq(j.header, "");
    cr_expect_str_eq(judge_word(&j), "known");
}

Test(judge, tells_a_null_sender_at_data_or_at_rcpt)
{
    struct address null = {0};

    usual.sender = &null;
    judge(&nothing, 0);
    cr_expect_eq(j.judged, JUDGED_DEFER_AT_DATA);
    cr_expect_str_eq(j.sender, "<>");
    use("null-sender = rcpt");
    judge(&nothing, 0);
    cr_expect_eq(j.judged, JUDGED_DEFER);
}

Test(judge, decides_and_refuses_nothing_in_observe_mode)
{
    struct record r = {.first = T0, .last = T0, .refused = 1};

    use("mode = observe");
    judge(&nothing, 0);
    cr_expect_eq(j.judged, JUDGED_PASS);
    cr_expect(j.observed);
    cr_expect_str_eq(j.reply, "");
    cr_expect_eq(j.outcome.wait_sec, 300);
    cr_expect(j.outcome.record_changed);
    judge(&r, 312);
    cr_expect_not(j.observed);
    cr_expect_str_eq(j.header, "", "nothing was delayed");
}

Test(judge, passes_everybody_when_it_is_off)
{
    use("mode = off");
    expect_exempt(REASON_OFF, "off");
}

Test(judge, passes_who_is_not_on_a_network_and_who_logged_in)
{
    usual.authenticated = true;
    expect_exempt(REASON_AUTHENTICATED, "authenticated");
    usual.authenticated = false;
    usual.client.family = 0;
    expect_exempt(REASON_LOCAL, "local");
}

Test(judge, passes_the_postmaster_and_abuse_unasked)
{
    address_parse("Postmaster@example.org", 0, &alice);
    expect_exempt(REASON_RECIPIENT, "exempt-recipient");
    address_parse("postmaster", ADDRESS_POSTMASTER, &alice);
    expect_exempt(REASON_RECIPIENT, "exempt-recipient");
    address_parse("abuse@example.org", 0, &alice);
    expect_exempt(REASON_RECIPIENT, "exempt-recipient");
}

Test(judge, passes_who_is_on_a_list_and_says_where)
{
    char err[4096];

    use("exempt-senders = { \"client.example\" }");
    expect_exempt(REASON_SENDER, "exempt-sender");
    cr_expect_str_eq(j.entry->file, "tarry.conf: greylist.exempt-senders");
    teardown();
    settings = make("exempt-clients = { \"/clients\" }",
                    "# ours\n.example.net\n192.0.2.0/28\n", err, sizeof(err));
    cr_assert_not_null(settings, "%s", err);
    expect_exempt(REASON_CLIENT, "exempt-client");
    cr_expect_str_eq(j.entry->file, "/clients");
    cr_expect_eq(j.entry->line, 3);
    netaddr_parse("198.51.100.1", &usual.client);
    cr_expect(judge_begin(settings, &usual, &j));
    usual.name = "mx.example.net";
    expect_exempt(REASON_CLIENT, "exempt-client");
    cr_expect_eq(j.entry->line, 2);
}

Test(judge, greylists_only_some_recipients_if_told_so)
{
    use("only-recipients = { \"bob@example.org\" }");
    expect_exempt(REASON_UNLISTED, "unlisted");
    address_parse("Bob@example.org", 0, &alice);
    judge(&nothing, 0);
    cr_expect_eq(j.judged, JUDGED_DEFER);
}

Test(judge, knows_a_client_by_its_domain_and_also_by_its_network)
{
    usual.name = "out7.mail.example.co.uk";
    judge(&nothing, 0);
    cr_expect_str_eq(j.identity, "example.co.uk");
    cr_expect_str_eq(j.network, "192.0.2.0/24");
    use("identity = network");
    judge(&nothing, 0);
    cr_expect_str_eq(j.identity, "192.0.2.0/24");
    cr_expect_str_eq(j.network, "");
}

Test(judge, lets_mail_through_when_the_store_fails)
{
    judge(&nothing, 0);
    judge_without_store(&j);
    cr_expect_eq(j.judged, JUDGED_PASS);
    cr_expect_str_eq(j.reply, "");
    cr_expect_str_eq(judge_word(&j), "store-failed");
}

Test(judge, writes_the_recipient_and_client_into_the_reply)
{
    use("reply = { \"451 %c wrote to <%r>\", \"wait %s\" }");
    judge(&nothing, 0);
    cr_expect_str_eq(j.reply, "451 4.7.1 192.0.2.7 wrote to "
                              "<alice@example.org>\n451 4.7.1 wait 300");
}

Test(judge, finds_all_mistakes_of_its_settings_at_once)
{
    char err[4096];

    cr_assert_null(make("exempt-clients = { \"/clients\", \"1.2.3.4/99\" }\n"
                        "exempt-senders = { \"@\" }\n"
                        "reply = { \"550 go away\" }",
                        "192.0.2.1\n10.0.0.0/33\n", err, sizeof(err)));
    cr_expect(strstr(err, "/clients:2: ") != NULL, "%s", err);
    cr_expect(strstr(err, "greylist.exempt-clients:2: ") != NULL, "%s", err);
    cr_expect(strstr(err, "greylist.exempt-senders:1: ") != NULL, "%s", err);
    cr_expect(strstr(err, "greylist.reply: ") != NULL, "%s", err);
}
