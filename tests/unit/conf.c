/* The configuration file: what it means, and what is said of mistakes. */
#include "lib/conf_internal.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MINIMUM                       \
    "hostname = \"mx.example.org\"\n" \
    "domains = { \"example.org\" }\n" \
    "mailboxes = \"~/Maildir\"\n"
/* MINIMUM has three lines: what is put behind it begins on the fourth. */

static char err[8192];

static struct conf *parse(const char *text)
{
    return conf_parse("t.conf", text, strlen(text), err, sizeof(err));
}

static struct conf *parse_fine(const char *text)
{
    struct conf *c = parse(text);

    cr_assert_not_null(c, "refused: %s", err);
    return c;
}

static void refuses(const char *text, const char *message)
{
    struct conf *c = parse(text);

    cr_expect_null(c, "accepted: %s", text);
    cr_expect_str_eq(err, message, "for: %s\nsays:   %s\nshould: %s", text, err,
                     message);
    conf_free(c);
}

Test(conf, has_a_default_for_all_but_three_options)
{
    struct conf *c = parse_fine(MINIMUM);

    cr_expect_str_eq(c->file, "t.conf");
    cr_expect_str_eq(c->hostname, "mx.example.org");
    cr_assert_eq(c->nlisten, 2);
    cr_expect_str_eq(c->listen[0].text, "0.0.0.0:25");
    cr_expect_str_eq(c->listen[1].text, "[::]:25");
    cr_expect_null(c->user);
    cr_expect_str_eq(c->state, "/var/lib/tarry");
    cr_expect_null(c->aliases);
    cr_expect_null(c->postmaster);
    cr_expect_str_eq(c->detail_separator, "+");
    cr_expect(c->dsn);
    cr_expect_eq(c->tls.certificates.n, 0);
    cr_expect(c->tls.tickets);
    cr_expect_eq(c->limits.message, 25 * 1024 * 1024);
    cr_expect_eq(c->limits.recipients, 100);
    cr_expect_eq(c->limits.connections, 1000);
    cr_expect_eq(c->limits.per_client, 20);
    cr_expect_eq(c->limits.ipv4_prefix, 24);
    cr_expect_eq(c->limits.ipv6_prefix, 64);
    cr_expect_eq(c->limits.errors, 20);
    cr_expect_eq(c->limits.idle_sec, 300);
    cr_expect_eq(c->limits.data_sec, 180);
    cr_expect_eq(c->limits.minimum_rate, 100);
    cr_expect_eq(c->limits.session_sec, 3600);
    cr_expect_eq(c->limits.received, 100);
    cr_expect_eq(c->resolver.servers.n, 0);
    cr_expect_eq(c->resolver.timeout_sec, 2);
    cr_expect_str_eq(c->control.socket, "/run/tarry/control");
    conf_free(c);
}

Test(conf, reads_every_option)
{
    struct conf *c = parse_fine(
        "hostname = mx.example.org\n"
        "listen = { 127.0.0.1:2525, \"[::1]:2526\", tls://127.0.0.2:465 }\n"
        "user = tarry\n"
        "state = /srv/tarry\n"
        "domains = { Example.ORG, example.net. }\n"
        "mailboxes = \"/var/mail/%d/%u/100%%\"\n"
        "aliases = '/etc/tarry/aliases'\n"
        "postmaster = \"Admin@Example.org\"\n"
        "detail = \"-\"\n"
        "dsn = off\n"
        "tls { certificate = { /a, /b } key = { /c, /d } tickets = no }\n"
        "limits {\n"
        "  message = 1G recipients = 1000 connections = 7 per-client = 8\n"
        "  ipv4-prefix = 32 ipv6-prefix = 56 errors = 9 idle = 45s\n"
        "  data-idle = 2m minimum-rate = 0 session = 4h received = 30\n"
        "}\n"
        "resolver { servers = { 127.0.0.1:5353, ::1 } timeout = 10 }\n"
        "control { socket = /run/x }\n");

    cr_assert_eq(c->nlisten, 3);
    cr_expect_str_eq(c->listen[1].text, "[::1]:2526");
    cr_expect(!c->listen[1].tls && c->listen[2].tls);
    cr_expect_str_eq(c->user, "tarry");
    cr_expect_str_eq(c->state, "/srv/tarry");
    cr_assert_eq(c->domains.n, 2);
    cr_expect_str_eq(c->domains.v[0], "example.org");
    cr_expect_str_eq(c->domains.v[1], "example.net");
    cr_expect_str_eq(c->mailboxes, "/var/mail/%d/%u/100%%");
    cr_expect(!c->mailboxes_system);
    cr_expect_str_eq(c->aliases, "/etc/tarry/aliases");
    cr_expect_str_eq(c->postmaster, "Admin@Example.org");
    cr_expect_str_eq(c->detail_separator, "-");
    cr_expect(!c->dsn);
    cr_assert_eq(c->tls.certificates.n, 2);
    cr_assert_eq(c->tls.keys.n, 2);
    cr_expect_str_eq(c->tls.certificates.v[1], "/b");
    cr_expect_str_eq(c->tls.keys.v[1], "/d");
    cr_expect(!c->tls.tickets);
    cr_expect_eq(c->limits.message, 1024 * 1024 * 1024);
    cr_expect_eq(c->limits.recipients, 1000);
    cr_expect_eq(c->limits.connections, 7);
    cr_expect_eq(c->limits.per_client, 8);
    cr_expect_eq(c->limits.ipv4_prefix, 32);
    cr_expect_eq(c->limits.ipv6_prefix, 56);
    cr_expect_eq(c->limits.errors, 9);
    cr_expect_eq(c->limits.idle_sec, 45);
    cr_expect_eq(c->limits.data_sec, 120);
    cr_expect_eq(c->limits.minimum_rate, 0);
    cr_expect_eq(c->limits.session_sec, 4 * 3600);
    cr_expect_eq(c->limits.received, 30);
    cr_assert_eq(c->resolver.servers.n, 2);
    cr_expect_str_eq(c->resolver.servers.v[0], "127.0.0.1:5353");
    cr_expect_str_eq(c->resolver.servers.v[1], "[::1]:53");
    cr_expect_eq(c->resolver.timeout_sec, 10);
    cr_expect_str_eq(c->control.socket, "/run/x");
    conf_free(c);
}

Test(conf, gives_listeners_as_socket_addresses)
{
    struct conf *c = parse_fine(
        MINIMUM "listen = { \"192.0.2.1:2525\", \"[2001:db8::1]:65535\" }");
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    char text[INET6_ADDRSTRLEN];

    memcpy(&v4, &c->listen[0].address, sizeof(v4));
    memcpy(&v6, &c->listen[1].address, sizeof(v6));
    cr_expect_eq(c->listen[0].address_len, sizeof(v4));
    cr_expect_eq(c->listen[1].address_len, sizeof(v6));
    cr_expect_eq(v4.sin_family, AF_INET);
    cr_expect_eq(v6.sin6_family, AF_INET6);
    cr_expect_eq(ntohs(v4.sin_port), 2525);
    cr_expect_eq(ntohs(v6.sin6_port), 65535);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    cr_expect_str_eq(text, "192.0.2.1");
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    cr_expect_str_eq(text, "2001:db8::1");
    conf_free(c);
}

Test(conf, takes_a_single_value_where_a_list_may_stand)
{
    struct conf *c = parse_fine("hostname = a.example domains = a.example\n"
                                "mailboxes = ~/Maildir listen = 127.0.0.1:25\n"
                                "tls { certificate = /a key = /b }");

    cr_expect_eq(c->domains.n, 1);
    cr_expect_eq(c->nlisten, 1);
    cr_expect_eq(c->tls.certificates.n, 1);
    conf_free(c);
}

Test(conf, takes_a_maildir_in_the_homes_of_system_accounts)
{
    struct conf *c = parse_fine("hostname = a.example mailboxes = ~/Maildir\n"
                                "domains = { a.example, b.example }");

    cr_expect(c->mailboxes_system);
    cr_expect_str_eq(c->mailboxes, "~/Maildir");
    conf_free(c);
}

Test(conf, keeps_domains_in_utf8_and_in_a_labels_as_they_are)
{
    struct conf *c =
        parse_fine("hostname = a.example mailboxes = ~/Maildir\n"
                   "domains = { bücher.example, XN--BCHER-KVA.x }");

    cr_expect_str_eq(c->domains.v[0], "bücher.example");
    cr_expect_str_eq(c->domains.v[1], "xn--bcher-kva.x");
    conf_free(c);
}

Test(conf, takes_comments_between_any_two_words)
{
    struct conf *c =
        parse_fine("# one } { \" ' $\n" MINIMUM "listen = { # two\n"
                   "  127.0.0.1:25, # three\n"
                   "  # four\n"
                   "  127.0.0.2:25, # a comma at the end is fine\n"
                   "}\nstate = '/a#b' # five");

    cr_expect_eq(c->nlisten, 2);
    cr_expect_str_eq(c->state, "/a#b");
    conf_free(c);
}

Test(conf, takes_the_files_of_other_editors)
{
    conf_free(parse_fine("\xef\xbb\xbf" MINIMUM));
    conf_free(parse_fine("hostname = a.example\r\n\tdomains = a.example\r\n"
                         "mailboxes = ~/Maildir"));
}

Test(conf, takes_quotes_and_backslashes_in_strings)
{
    struct conf *c = parse_fine(MINIMUM "state = \"/a\\\"\\\\b'\"\n"
                                        "aliases = '/a\"\\'\\\\${b}\\n'");

    cr_expect_str_eq(c->state, "/a\"\\b'");
    cr_expect_str_eq(c->aliases, "/a\"'\\${b}\\n");
    conf_free(c);
}

Test(conf, names_the_line_of_a_mistake_behind_comments_and_in_lists)
{
    refuses("# one\n# two\n\n" MINIMUM "listen = {\n# a comment\n"
            "  127.0.0.1:25,\n  localhost:25\n}\nstate = x\n",
            "t.conf:10: listen: 'localhost:25' is not a numeric address with "
            "a port; write 0.0.0.0:25, [::]:25 or tls://0.0.0.0:465\n"
            "t.conf:12: state: 'x' is not a whole path; begin it with /");
}

Test(conf, reports_all_mistakes_in_the_order_of_the_file)
{
    refuses("limits {\n  idle = soon\n}\nuser = root\nnonsense = 5\nstate = x",
            "t.conf:2: limits.idle: 'soon' is not a duration; write 45s, 5m, "
            "4h, 36d or a number of seconds\n"
            "t.conf:4: user: root cannot be the user without privileges; make "
            "one for the purpose, for example tarry\n"
            "t.conf:5: nonsense: no such option");
}

Test(conf, reports_what_is_missing_after_the_mistakes_in_lines)
{
    refuses("hostname = localhost\n",
            "t.conf:1: hostname: 'localhost' is not a full host name; write "
            "it as in mx.example.org\n"
            "t.conf: domains: must be set, for example domains = { "
            "\"example.org\" }\n"
            "t.conf: mailboxes: must be set, for example mailboxes = "
            "\"/var/mail/vhosts/%d/%u\"");
}

Test(conf, reports_no_more_than_a_page_of_mistakes)
{
    char text[1024] = "";
    size_t lines = 1;

    for (int i = 0; i < 100; i++)
        strcat(text, "*\n");
    cr_expect_null(parse(text));
    for (const char *p = err; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    cr_expect_eq(lines, 21);
    cr_expect_str_eq(strrchr(err, '\n'), "\nand more");
}

Test(conf, cuts_its_messages_to_the_buffer)
{
    char small[16];

    memset(small, 'x', sizeof(small));
    cr_expect_null(conf_parse("t.conf", "user", 4, small, 8));
    cr_expect_str_eq(small, "t.conf:");
    cr_expect_eq(small[8], 'x');
    cr_expect_null(conf_parse("t.conf", "user", 4, NULL, 0));
}

Test(conf, shows_no_control_characters_of_the_file)
{
    refuses("\"\x1b[31m\"",
            "t.conf:1: syntax: a control character in a string");
    cr_expect_null(parse("\x1b"));
    cr_expect_null(strchr(err, '\x1b'));
}

/* Each: what stands on the fourth line, and what is said of it. */
static const struct {
    const char *text, *said;
} mistakes[] = {
    {"spool { lifetime = 5d }", "spool: no such option"},
    {"greylist { enabled = true }", "greylist.enabled: no such option"},
    {"greylist { mode = maybe }", "greylist.mode: 'maybe' is none of its "
                                  "values; write on, off or observe"},
    {"greylist { delay = 2h window = 1h }",
     "greylist.window: must be longer than greylist.delay, or nobody could "
     "come back in time"},
    {"greylist { pass = 1d }",
     "greylist.pass: 1d is out of bounds; write 7d to 3650d"},
    {"policy { listen = { \"10023\" } }",
     "policy.listen: '10023' is neither a numeric address with a port nor a "
     "socket; write 127.0.0.1:10023 or unix:/run/tarry/policy"},
    {"hostnme = a.example", "hostnme: no such option"},
    {"include(\"/etc/passwd\")", "include: no such option"},
    {"message = 25M",
     "message: no such option here; it stands in the section limits { }"},
    {"limits { user = x }",
     "limits.user: no such option here; it stands outside of sections"},
    {"limits { idle = 5 m }", "limits.m: no such option"},
    {"limits = { idle = 5m }", "limits: is a section; write limits { ... }"},
    {"limits idle = 5m", "limits: is a section; write limits { ... }"},
    {"limits {", "syntax: the brace opened here is never closed"},
    {"listen = {", "syntax: the brace opened here is never closed"},
    {"limits { listen = { { {", "syntax: the brace opened here is never "
                                "closed"},
    {"}", "syntax: a closing brace without an opening one before it"},
    {"limits { { } }", "syntax: unexpected '{'; a list holds no list, and a "
                       "section has a name"},
    {"listen { }", "listen: write it with =: listen = ..."},
    {"user tarry", "user: write it with =: user = ..."},
    {"user", "syntax: the file ends in the middle of an option"},
    {"user =", "syntax: the file ends in the middle of an option"},
    {"user = \"tarry", "syntax: a quote is opened and not closed on the same "
                       "line"},
    {"user = 'tarry\n'", "syntax: a quote is opened and not closed on the "
                         "same line\nt.conf:5: syntax: a quote is opened and "
                         "not closed on the same line"},
    {"user = = x", "user: unexpected '='; is a value missing before it?"},
    {"limits { idle = {} }", "limits.idle: takes one value, not a list"},
    {"user = { a }", "user: takes one value, not a list"},
    {"\"user\" = tarry", "syntax: the name of an option stands without quotes"},
    {"\"limits|idle\" = 5m",
     "syntax: the name of an option stands without quotes"},
    {"detail = +", "syntax: unexpected '+'; a value with such a character "
                   "stands in quotes"},
    {"domains += { x }", "syntax: unexpected '+'; a value with such a "
                         "character stands in quotes"},
    {"// comment", "syntax: a comment begins with #"},
    {"/* comment */", "syntax: a comment begins with #"},
    {"state = \"${HOME}\"", "syntax: ${...}: the environment is not looked "
                            "at; write the value itself"},
    {"state = ${HOME", "syntax: unexpected '$'; a value with such a character "
                       "stands in quotes\nt.conf:4: syntax: the brace opened "
                       "here is never closed"},
    {"state = \"\\x41\"", "syntax: in double quotes a backslash stands only "
                          "before \" or another backslash"},
    {"hostname = b.example", "hostname: is set a second time; first on line "
                             "1"},
    {"domains = { b.example, b.example }",
     "domains: is set a second time; first on line 2"},
    {"listen = 127.0.0.1:25, 127.0.0.2:25",
     "listen: unexpected ',' after its value; a list stands in braces: { "
     "\"a\", \"b\" }"},
    {"listen = { 127.0.0.1:25 127.0.0.2:25 }",
     "listen: unexpected '127.0.0.2:25' after its value; is a comma missing "
     "before it?"},
    {"listen = { { a } }", "listen: unexpected '{'; a list holds no list, and "
                           "a section has a name"},
    {"listen = { 127.0.0.1:25, tls://127.0.0.1:25 }",
     "listen: 'tls://127.0.0.1:25' has the address and port of "
     "'127.0.0.1:25'"},
    {"listen = *:25", "syntax: unexpected '*'; a value with such a character "
                      "stands in quotes"},
    {"listen = 0.0.0.0", "listen: '0.0.0.0' has no port of 1 to 65535; write "
                         "it as in 0.0.0.0:25 or [::]:25"},
    {"listen = 0.0.0.0:0", "listen: '0.0.0.0:0' has no port of 1 to 65535; "
                           "write it as in 0.0.0.0:25 or [::]:25"},
    {"listen = [::]:65536", "listen: '[::]:65536' has no port of 1 to 65535; "
                            "write it as in 0.0.0.0:25 or [::]:25"},
    {"listen = ::1", "listen: '::1' has no port of 1 to 65535; write it as in "
                     "0.0.0.0:25 or [::]:25"},
    {"listen = \"[127.0.0.1]:25\"",
     "listen: '[127.0.0.1]:25' is not a numeric address with a port; write "
     "0.0.0.0:25, [::]:25 or tls://0.0.0.0:465"},
    {"listen = tls://127.0.0.1:465",
     "listen: 'tls://127.0.0.1:465' needs a certificate; set tls.certificate "
     "and tls.key"},
    {"user = \"\"", "user: '' is not the name of a user"},
    {"user = \"a b\"", "user: 'a b' is not the name of a user"},
    {"aliases = aliases",
     "aliases: 'aliases' is not a whole path; begin it with /"},
    {"postmaster = postmaster", "postmaster: 'postmaster' is not an address; "
                                "write it as in admin@example.org"},
    {"detail = \"+-\"", "detail: '+-' cannot separate user and detail; write "
                        "\"+\", \"-\", \"=\", or \"\" for none"},
    {"tls { certificate = /a }",
     "tls.certificate: has no key; set tls.key too"},
    {"tls { key = /a }",
     "tls.key: has no certificate; set tls.certificate too"},
    {"tls { certificate = { /a, /b } key = /c }",
     "tls.key: certificates: 2, keys: 1; each certificate needs its key, in "
     "the same order"},
    {"tls { tickets = maybe }",
     "tls.tickets: 'maybe' is neither true nor false"},
    {"limits { message = 25X }", "limits.message: '25X' is not a size; write "
                                 "25M, 64K or a number of octets"},
    {"limits { message = 25 }",
     "limits.message: 25 is out of bounds; write 64K to 1024G"},
    {"limits { message = 99999999999G }",
     "limits.message: 99999999999G is out of bounds; write 64K to 1024G"},
    {"limits { recipients = 99 }",
     "limits.recipients: 99 is out of bounds; write 100 to 1000"},
    {"limits { connections = 65001 }",
     "limits.connections: 65001 is out of bounds; write 1 to 65000"},
    {"limits { connections = -1 }",
     "limits.connections: '-1' is not a number; write digits only"},
    {"limits { idle = 0 }", "limits.idle: 0 is out of bounds; write 1s to 1d"},
    {"limits { idle = 25h }",
     "limits.idle: 25h is out of bounds; write 1s to 1d"},
    {"limits { idle = 5m idle = 6m }",
     "limits.idle: is set a second time; first on line 4"},
    {"resolver { servers = localhost }",
     "resolver.servers: 'localhost' is not a numeric address, with or without "
     "a port; write 192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:53"},
};

Test(conf, says_of_each_mistake_what_to_write_instead)
{
    char text[1024], said[1024];

    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        snprintf(text, sizeof(text), MINIMUM "%s", mistakes[i].text);
        snprintf(said, sizeof(said), "t.conf:4: %s", mistakes[i].said);
        refuses(text, said);
    }
}

Test(conf, refuses_empty_lists_that_would_mean_the_default)
{
    refuses(MINIMUM "listen = {}",
            "t.conf: listen: is empty; leave it out for its default");
    conf_free(parse_fine(MINIMUM "resolver { servers = {} }"));
}

Test(conf, refuses_a_second_section_of_the_same_name)
{
    refuses(MINIMUM "limits {\n}\n\nlimits {\n}\n",
            "t.conf:8: limits: a second section of this name ends here; write "
            "all its options in one");
}

Test(conf, refuses_domains_that_are_none)
{
    static const char *const wrong[] = {
        "user@example.org", "*.example.org", "10.0.0.1", "[10.0.0.1]",
        "-x.org",           "a b",           "a..b",     "",
        "b\xfc\x63her.org"};
    char text[256], said[256];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text),
                 "hostname = a.example mailboxes = ~/Maildir\n"
                 "domains = '%s'",
                 wrong[i]);
        snprintf(said, sizeof(said),
                 "t.conf:2: domains: '%s' is not a domain; write it as in "
                 "example.org, without @ or *",
                 wrong[i]);
        refuses(text, said);
    }
}

Test(conf, refuses_the_same_domain_in_another_spelling)
{
    refuses("hostname = a.example mailboxes = ~/Maildir\n"
            "domains = { example.org,\nEXAMPLE.org. }",
            "t.conf:3: domains: 'EXAMPLE.org.' is listed twice");
}

Test(conf, refuses_host_names_that_are_not_full)
{
    static const char *const wrong[] = {"mx", "mx.example.org.", "192.0.2.1",
                                        "m x.example", "m\303\274.example"};
    char text[256], said[256];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text),
                 "domains = a.example mailboxes = ~/Maildir\n"
                 "hostname = '%s'",
                 wrong[i]);
        snprintf(said, sizeof(said),
                 "t.conf:2: hostname: '%s' is not a full host name; write it "
                 "as in mx.example.org",
                 wrong[i]);
        refuses(text, said);
    }
}

static void refuses_mailboxes(const char *mailboxes, const char *said)
{
    char text[1024], message[1024];

    snprintf(text, sizeof(text),
             "hostname = a.example domains = a.example\nmailboxes = \"%s\"",
             mailboxes);
    snprintf(message, sizeof(message), "t.conf:2: mailboxes: '%.80s' %s",
             mailboxes, said);
    refuses(text, message);
}

Test(conf, refuses_mailbox_templates_that_mix_users_or_lack_a_root)
{
    char path[300];

    refuses_mailboxes("", "is not a whole path; begin it with /, or with ~/ "
                          "for a Maildir in each home of a system account");
    refuses_mailboxes("Maildir/%u",
                      "is not a whole path; begin it with /, or with ~/ for a "
                      "Maildir in each home of a system account");
    refuses_mailboxes("/%u", "must begin with a directory that is the same for "
                             "all, as in \"/var/mail/vhosts/%d/%u\"");
    refuses_mailboxes("/mail%u/x",
                      "must begin with a directory that is the same for all, "
                      "as in \"/var/mail/vhosts/%d/%u\"");
    refuses_mailboxes("/var/mail/%x/%u",
                      "holds a % that is none of %u (user), %d (domain) and %% "
                      "(a percent sign)");
    refuses_mailboxes("/var/mail/%u/%",
                      "holds a % that is none of %u (user), %d (domain) and %% "
                      "(a percent sign)");
    refuses_mailboxes("/var/mail/%%u", "has no %u, so that all users would "
                                       "share one mailbox");
    refuses_mailboxes("/var/mail", "has no %u, so that all users would share "
                                   "one mailbox");
    refuses_mailboxes("~/", "names no folder; write \"~/Maildir\"");
    refuses_mailboxes("~/mail/%u", "holds %; below a home a plain path stands, "
                                   "such as \"~/Maildir\"");
    snprintf(path, sizeof(path), "/var/%0260d/%%u", 0);
    refuses_mailboxes(path, "is too long; the most is 255 octets");
}

Test(conf, refuses_a_mailbox_template_that_mixes_domains)
{
    refuses("hostname = a.example domains = { a.example, b.example }\n"
            "mailboxes = \"/var/mail/%%d/%u\"",
            "t.conf:2: mailboxes: has no %d, so that the same user of several "
            "domains would share one mailbox; write for example "
            "\"/var/mail/vhosts/%d/%u\"");
    conf_free(parse_fine("hostname = a.example domains = {a.example, b.example}"
                         " mailboxes = \"/var/mail/%%%d/%u\""));
}

Test(conf, refuses_mailboxes_and_state_in_one_another)
{
    static const char said[] =
        "t.conf:2: mailboxes: neither '%s' nor the state folder '%s' may lie "
        "in the other, or their folders would be one another's mailboxes";
    static const char *const wrong[][3] = {
        {"/var/lib/tarry/%u", "/var/lib/tarry", "/var/lib/tarry"},
        {"/var/lib//tarry/./mail/%u", "/var/lib/tarry/",
         "/var/lib//tarry/./mail"},
        {"/var/lib/%u", "/var/lib/tarry", "/var/lib"},
        {"/var/%u/x", "/var/lib/tarry", "/var"},
    };
    static const char *const right[][2] = {
        {"/var/lib/tarry-mail/%u", "/var/lib/tarry"},
        {"/var/lib/mail/%u", "/var/lib/tarry"},
        {"~/Maildir", "/home/tarry"},
    };
    static const char form[] = "hostname = a.example domains = a.example\n"
                               "mailboxes = \"%s\" state = \"%s\"";
    char text[512], message[512];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), form, wrong[i][0], wrong[i][1]);
        snprintf(message, sizeof(message), said, wrong[i][2], wrong[i][1]);
        refuses(text, message);
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        snprintf(text, sizeof(text), form, right[i][0], right[i][1]);
        conf_free(parse_fine(text));
    }
}

Test(conf, refuses_paths_that_do_not_fit)
{
    char text[1024];

    snprintf(text, sizeof(text), MINIMUM "state = /%0255d", 0);
    refuses(text, "t.conf:4: state: the path is too long; the most is 255 "
                  "octets");
    snprintf(text, sizeof(text), MINIMUM "control { socket = /%0107d }", 0);
    refuses(text, "t.conf:4: control.socket: the path is too long; the most "
                  "is 107 octets");
    snprintf(text, sizeof(text), MINIMUM "control { socket = /%0106d }", 0);
    conf_free(parse_fine(text));
}

Test(conf, refuses_more_than_a_list_may_hold)
{
    char text[1024] = MINIMUM "resolver { servers = {";

    for (int i = 1; i <= 10; i++)
        sprintf(text + strlen(text), "192.0.2.%d,\n", i);
    strcat(text, "} }");
    refuses(text, "t.conf:12: resolver.servers: takes at most 8 values");
}

Test(conf, refuses_a_file_that_is_no_text)
{
    cr_expect_null(conf_parse("t.conf", "user = x\0y", 10, err, sizeof(err)));
    cr_expect_str_eq(err, "t.conf: syntax: a NUL octet: this is not a text");
}

Test(conf, reads_a_right_file_after_a_wrong_one)
{
    static const char *const wrong[] = {"user = \"x", "user = 'x", "limits {",
                                        "user = {",   "include(",  "\xff"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_expect_null(parse(wrong[i]));
        conf_free(parse_fine(MINIMUM));
    }
}

Test(conf, reads_a_shared_descriptor_from_its_start)
{
    int fd = memfd_create("conf", MFD_CLOEXEC);
    struct conf *c;

    cr_assert_eq(write(fd, MINIMUM, strlen(MINIMUM)), strlen(MINIMUM));
    for (int i = 0; i < 2; i++) {
        c = conf_read_fd("t.conf", fd, err, sizeof(err));
        cr_expect_not_null(c, "%s", err);
        conf_free(c);
    }
    cr_expect_eq(lseek(fd, 0, SEEK_CUR), (off_t)strlen(MINIMUM));
    close(fd);
}

Test(conf, reads_from_a_pipe)
{
    struct conf *c;
    int p[2];

    cr_assert_eq(pipe(p), 0);
    cr_assert_eq(write(p[1], MINIMUM, strlen(MINIMUM)), strlen(MINIMUM));
    close(p[1]);
    c = conf_read_fd("t.conf", p[0], err, sizeof(err));
    cr_expect_not_null(c, "%s", err);
    conf_free(c);
    close(p[0]);
}

Test(conf, refuses_a_descriptor_that_is_too_large_or_no_file)
{
    int fd = memfd_create("conf", MFD_CLOEXEC);

    cr_assert_eq(ftruncate(fd, 1024 * 1024 + 1), 0);
    cr_expect_null(conf_read_fd("t.conf", fd, err, sizeof(err)));
    cr_expect_str_eq(err, "t.conf: is larger than 1 MiB");
    close(fd);
    cr_expect_null(conf_read_fd("t.conf", -1, err, sizeof(err)));
    cr_expect_str_eq(err, "t.conf: cannot be read: Bad file descriptor");
}

/* A file of the source, as a string to be freed; the tests run in its root. */
static char *source(const char *path)
{
    char *text = calloc(1, 65536);
    FILE *f = fopen(path, "r");

    cr_assert_not_null(f, "%s", path);
    cr_assert_lt(fread(text, 1, 65535, f), 65535);
    fclose(f);
    return text;
}

/* "#option = value" becomes a setting; "# text" stays a comment. */
static void uncomment(char *text)
{
    for (char *p = text; (p = strchr(p, '#')) != NULL; p++)
        if (p[1] >= 'a' && p[1] <= 'z')
            *p = ' ';
}

Test(conf, accepts_its_example_as_it_is_and_with_all_of_it)
{
    char *text = source("etc/tarry.conf");
    struct conf *c = parse_fine(text), *all;

    uncomment(text);
    all = parse_fine(text);
    cr_expect_eq(all->nlisten, c->nlisten);
    cr_expect_str_eq(all->listen[0].text, c->listen[0].text);
    cr_expect_str_eq(all->listen[1].text, c->listen[1].text);
    cr_expect_str_eq(all->state, c->state);
    cr_expect_str_eq(all->detail_separator, c->detail_separator);
    cr_expect_eq(all->dsn, c->dsn);
    cr_expect_eq(all->tls.tickets, c->tls.tickets);
    cr_expect_arr_eq(&all->limits, &c->limits, sizeof(c->limits));
    cr_expect_eq(all->resolver.timeout_sec, c->resolver.timeout_sec);
    cr_expect_str_eq(all->control.socket, c->control.socket);
    conf_free(all);
    conf_free(c);
    free(text);
}

Test(conf, has_each_option_in_its_example_and_in_its_manual)
{
    char *example = source("etc/tarry.conf"),
         *manual = source("man/tarry.conf.5");
    char line[64];

    uncomment(example);
    for (size_t i = 0; i < CONF_OPTIONS; i++) {
        snprintf(line, sizeof(line),
                 "%s%s = ", conf_options[i].section[0] ? "     " : "",
                 conf_options[i].name);
        cr_expect_not_null(strstr(example, line), "%s", line);
        snprintf(line, sizeof(line), "\n.It Ic %s No = ", conf_options[i].name);
        cr_expect_not_null(strstr(manual, line), "%s", line);
    }
    free(example);
    free(manual);
}

Test(conf, reads_durations)
{
    static const struct {
        const char *text;
        unsigned sec;
    } right[] = {
        {"45s", 45}, {"5m", 300}, {"4h", 14400}, {"36d", 3110400},
        {"90", 90},  {"0", 0},    {"007m", 420}, {"49710d", 4294944000}};
    static const char *const wrong[] = {
        "",      "s",   "5 m", "-5",  "+5",     "5M",        "1.5h",
        "5m30s", "0x5", " 5",  "5m ", "49711d", "4294967296"};
    unsigned sec;

    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        cr_expect_eq(conf_duration(right[i].text, &sec), 0);
        cr_expect_eq(sec, right[i].sec, "%s", right[i].text);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_expect_eq(conf_duration(wrong[i], &sec), -1, "%s", wrong[i]);
}

Test(conf, reads_sizes_and_refuses_one_that_overflows)
{
    static const char *const wrong[] = {"",
                                        "K",
                                        "25X",
                                        "64KB",
                                        "64k",
                                        "-1",
                                        "25 M",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "17179869184G"};
    uint64_t octets;

    cr_expect_eq(conf_size("64K", &octets), 0);
    cr_expect_eq(octets, 65536);
    cr_expect_eq(conf_size("25M", &octets), 0);
    cr_expect_eq(octets, 26214400);
    cr_expect_eq(conf_size("17179869183G", &octets), 0);
    cr_expect_eq(octets, UINT64_MAX - 1073741823);
    cr_expect_eq(conf_size("12345", &octets), 0);
    cr_expect_eq(octets, 12345);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_expect_eq(conf_size(wrong[i], &octets), -1, "%s", wrong[i]);
}
