/* Postfix's policy protocol: what is read, and what is answered. */
#include "greylist/policyd_parse.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* As Postfix 3.7 sends it. */
static const char usual[] =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
    "client_address=192.0.2.7\nclient_name=MX.example.com\n"
    "client_port=51234\nreverse_client_name=mx.example.com\n"
    "server_address=198.51.100.1\nserver_port=25\nhelo_name=mx.example.com\n"
    "sender=Joe@Example.COM\nrecipient=alice@example.org\n"
    "recipient_count=0\nqueue_id=\ninstance=6d.655f.1.0\nsize=123\n"
    "etrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\n"
    "ccert_subject=\nccert_issuer=\nccert_fingerprint=\n"
    "encryption_protocol=TLSv1.3\npolicy_context=\n\n";

static struct policyd_request r;

static enum policyd_event read_text(const char *text, size_t *used)
{
    policyd_begin(&r);
    return policyd_read(&r, text, strlen(text), used);
}

/* A request of these lines besides what each question has. */
static enum policyd_event question(const char *more)
{
    char text[2 * POLICYD_LINE];
    size_t used;

    snprintf(text, sizeof(text),
             "request=smtpd_access_policy\nprotocol_state=RCPT\n"
             "client_address=192.0.2.7\nrecipient=alice@example.org\n%s\n",
             more);
    return read_text(text, &used);
}

Test(policyd, reads_a_request_of_postfix)
{
    size_t used;
    struct rcpt a;
    char client[NETADDR_TEXT];

    cr_assert_eq(read_text(usual, &used), POLICYD_REQUEST);
    cr_expect_eq(used, strlen(usual));
    cr_assert(policyd_is_question(&r));
    policyd_attempt(&r, &a);
    cr_expect_str_eq(netaddr_text(&a.client, client, sizeof(client)),
                     "192.0.2.7");
    cr_expect_str_eq(a.name, "mx.example.com");
    cr_expect_str_eq(a.sender->local, "Joe");
    cr_expect_str_eq(a.sender->domain, "example.com");
    cr_expect_str_eq(a.recipient->local, "alice");
    cr_expect_str_eq(a.recipient->domain, "example.org");
    cr_expect_str_eq(r.instance, "6d.655f.1.0");
    cr_expect_str_eq(r.helo, "mx.example.com");
    cr_expect_not(a.authenticated);
}

Test(policyd, reads_the_same_octet_by_octet)
{
    size_t len = strlen(usual), have = 0, start = 0, used;
    enum policyd_event e = POLICYD_MORE;

    policyd_begin(&r);
    while (have < len) {
        have++;
        e = policyd_read(&r, usual + start, have - start, &used);
        start += used;
        if (have < len)
            cr_assert_eq(e, POLICYD_MORE, "at %zu", have);
    }
    cr_assert_eq(e, POLICYD_REQUEST);
    cr_expect_str_eq(r.sender.domain, "example.com");
}

Test(policyd, leaves_what_follows_a_request)
{
    char two[sizeof(usual) * 2];
    size_t used;

    snprintf(two, sizeof(two), "%s%s", usual, usual);
    cr_assert_eq(read_text(two, &used), POLICYD_REQUEST);
    cr_expect_eq(used, strlen(usual));
}

Test(policyd, asks_nothing_but_at_rcpt)
{
    static const char *const states[] = {"CONNECT", "EHLO",          "HELO",
                                         "MAIL",    "DATA",          "VRFY",
                                         "ETRN",    "END-OF-MESSAGE"};
    char line[64];

    cr_expect(question("") == POLICYD_REQUEST && policyd_is_question(&r));
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        snprintf(line, sizeof(line), "protocol_state=%s\n", states[i]);
        cr_expect_eq(question(line), POLICYD_REQUEST);
        cr_expect_not(policyd_is_question(&r), "%s", states[i]);
    }
}

Test(policyd, lets_through_what_it_does_not_understand)
{
    static const char *const lines[] = {"request=junk\n", "recipient=\n",
                                        "client_address=unknown\n",
                                        "client_address=192.0.2.\n"};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        cr_expect_eq(question(lines[i]), POLICYD_REQUEST);
        cr_expect_not(policyd_is_question(&r), "%s", lines[i]);
    }
}

Test(policyd, takes_an_unknown_name_for_none)
{
    question("client_name=unknown\n");
    cr_expect_str_eq(r.name, "");
    question("client_name=not a name\n");
    cr_expect_str_eq(r.name, "");
}

Test(policyd, knows_who_logged_in)
{
    struct rcpt a;

    question("sasl_username=alice\n");
    policyd_attempt(&r, &a);
    cr_expect(a.authenticated);
}

Test(policyd, reads_addresses_as_loosely_as_postfix)
{
    static const struct {
        const char *text, *local, *domain;
    } cases[] = {{"", "", ""},
                 {"<>", "", ""},
                 {"\"a b\"@Example.com", "a b", "example.com"},
                 {"a b@Example.com", "a b", "example.com"},
                 {"a@b@Example.com", "a@b", "example.com"},
                 {"root", "root", ""},
                 {"joe@[192.0.2.1]", "joe", "[192.0.2.1]"}};
    char line[128];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(line, sizeof(line), "sender=%s\n", cases[i].text);
        question(line);
        cr_expect(policyd_is_question(&r), "%s", cases[i].text);
        cr_expect_str_eq(r.sender.local, cases[i].local);
        cr_expect_str_eq(r.sender.domain, cases[i].domain);
    }
}

/* Postfix has no such limits, and who exceeds them is to wait like all. */
Test(policyd, cuts_an_address_that_is_too_long)
{
    char line[2 * POLICYD_LINE], local[ADDRESS_LOCAL + 1] = "";
    int n = snprintf(line, sizeof(line), "sender=");

    memset(local, 'a', ADDRESS_LOCAL);
    memset(line + n, 'a', 2000);
    strcpy(line + n + 2000, "@Example.com\n");
    cr_expect_eq(question(line), POLICYD_REQUEST);
    cr_expect(policyd_is_question(&r));
    cr_expect_str_eq(r.sender.local, local);
    cr_expect_str_eq(r.sender.domain, "example.com");
    memset(line + n, 'a', 2000);
    memcpy(line + n, "joe@", 4);
    strcpy(line + n + 2000, "\n");
    question(line);
    cr_expect(policyd_is_question(&r));
    cr_expect_str_eq(r.sender.local, "joe");
    cr_expect_eq(strlen(r.sender.domain), ADDRESS_DOMAIN);
}

Test(policyd, does_without_an_instance_that_is_too_long)
{
    char line[2 * POLICYD_INSTANCE + 16];
    int n = snprintf(line, sizeof(line), "instance=");

    memset(line + n, '1', 2 * POLICYD_INSTANCE);
    strcpy(line + n + 2 * POLICYD_INSTANCE, "\n");
    question(line);
    cr_expect(policyd_is_question(&r));
    cr_expect_str_eq(r.instance, "");
}

Test(policyd, ignores_attributes_it_does_not_know)
{
    question("tomorrow=never\n=\nsender=joe@example.com\n");
    cr_expect(policyd_is_question(&r));
    cr_expect_str_eq(r.sender.local, "joe");
}

Test(policyd, takes_lines_that_end_in_crlf)
{
    size_t used;

    cr_expect_eq(read_text("request=smtpd_access_policy\r\n\r\n", &used),
                 POLICYD_REQUEST);
    cr_expect(r.is_policy);
}

Test(policyd, hangs_up_on_another_protocol)
{
    size_t used;

    cr_expect_eq(read_text("GET / HTTP/1.0\n", &used), POLICYD_BROKEN);
    cr_expect_eq(read_text("\n", &used), POLICYD_BROKEN);
}

Test(policyd, bounds_a_line)
{
    char text[POLICYD_LINE + 2];
    size_t used;

    memset(text, 'a', sizeof(text));
    memcpy(text, "name=", 5);
    policyd_begin(&r);
    cr_expect_eq(policyd_read(&r, text, POLICYD_LINE - 1, &used), POLICYD_MORE);
    cr_expect_eq(used, 0);
    cr_expect_eq(policyd_read(&r, text, POLICYD_LINE, &used), POLICYD_BROKEN);
    text[POLICYD_LINE] = '\n';
    cr_expect_eq(policyd_read(&r, text, POLICYD_LINE + 1, &used),
                 POLICYD_BROKEN);
    text[POLICYD_LINE - 1] = '\n';
    cr_expect_eq(policyd_read(&r, text, POLICYD_LINE, &used), POLICYD_MORE);
}

Test(policyd, bounds_the_attributes_of_a_request)
{
    size_t used;

    policyd_begin(&r);
    for (int i = 0; i < POLICYD_ATTRIBUTES; i++)
        cr_assert_eq(policyd_read(&r, "a=b\n", 4, &used), POLICYD_MORE);
    cr_expect_eq(policyd_read(&r, "a=b\n", 4, &used), POLICYD_BROKEN);
}

static const char *answer(enum judged judged, const char *reply,
                          const char *header, bool with_header)
{
    static char out[POLICYD_ANSWER + 1];
    static struct judgement j;
    size_t len;

    j.judged = judged;
    strcpy(j.reply, reply);
    strcpy(j.header, header);
    len = policyd_answer(&j, with_header, out);
    out[len] = '\0';
    return out;
}

Test(policyd, answers_as_postfix_wants_it)
{
    cr_expect_str_eq(answer(JUDGED_PASS, "", "", true), "action=DUNNO\n\n");
    cr_expect_str_eq(answer(JUDGED_PASS, "", "X-Greylist: delayed\n", true),
                     "action=PREPEND X-Greylist: delayed\n\n");
    cr_expect_str_eq(answer(JUDGED_PASS, "", "X-Greylist: delayed\n", false),
                     "action=DUNNO\n\n");
    cr_expect_str_eq(answer(JUDGED_DEFER, "450 4.7.1 Later, please", "", true),
                     "action=DEFER_IF_PERMIT 4.7.1 Later, please\n\n");
    cr_expect_str_eq(answer(JUDGED_DEFER, "451 4.7.1 Later, please", "", true),
                     "action=451 4.7.1 Later, please\n\n");
}

Test(policyd, makes_one_line_of_a_reply_with_several)
{
    cr_expect_str_eq(answer(JUDGED_DEFER,
                            "421 4.7.1 Wait\n421 4.7.1 \n421 4.7.1 See URL", "",
                            true),
                     "action=421 4.7.1 Wait; ; See URL\n\n");
}

Test(policyd, makes_a_null_sender_wait_at_rcpt)
{
    cr_expect_str_eq(answer(JUDGED_DEFER_AT_DATA, "450 4.7.1 Later", "", true),
                     "action=DEFER_IF_PERMIT 4.7.1 Later\n\n");
}

Test(policyd, has_room_for_the_longest_reply)
{
    char reply[REPLY_TEXT];

    memset(reply, 'x', sizeof(reply));
    memcpy(reply, "450 4.7.1 ", 10);
    reply[500] = '\n';
    memcpy(reply + 501, "450 4.7.1 ", 10);
    reply[sizeof(reply) - 1] = '\0';
    cr_expect_lt(strlen(answer(JUDGED_DEFER, reply, "", true)), POLICYD_ANSWER);
}
