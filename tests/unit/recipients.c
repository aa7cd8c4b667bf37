/* Who is known, over a real tree of mailboxes in a scratch folder. */
#include "queue/recipients.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char a_example[] = "a.example", b_example[] = "b.example";
static char *ours[] = {a_example, b_example};
static char folder[64];
static struct conf conf;
static struct recipients r;

static void box(const char *path)
{
    char text[256];

    snprintf(text, sizeof(text), "%s/%s", folder, path);
    cr_assert_eq(mkdir(text, 0700), 0, "%s", text);
}

static void set_aliases(const char *text)
{
    char err[1024];

    aliases_free(r.aliases);
    r.aliases = aliases_parse("aliases", text, strlen(text), &conf.domains,
                              conf.detail_separator, err, sizeof(err));
    cr_assert_not_null(r.aliases, "%s", err);
}

static void setup(void)
{
    static char template[128], state[128], plus[] = "+";
    static char hostname[] = "MX.example";
    int fd;

    strcpy(folder, "/tmp/tarry-recipients-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(template, sizeof(template), "%s/m/%%d/%%u", folder);
    snprintf(state, sizeof(state), "%s/state", folder);
    conf = (struct conf){.hostname = hostname,
                         .domains = {ours, 2},
                         .mailboxes = template,
                         .state = state,
                         .detail_separator = plus};
    r = (struct recipients){.conf = &conf, .uid = getuid(), .gid = getgid()};
    box("m");
    box("outside");
    box("m/a.example");
    box("m/b.example");
    box("m/a.example/joe");
    box("m/a.example/Big");
    box("m/a.example/two+one");
    box("m/a.example/.hidden");
    box("m/a.example/a@b");
    box("m/a.example/with space");
    box("m/b.example/ann");
    box("m/b.example/joe");
    snprintf(template, sizeof(template), "%s/m/a.example/file", folder);
    fd = open(template, O_CREAT | O_WRONLY, 0600);
    cr_assert_neq(fd, -1);
    close(fd);
    snprintf(template, sizeof(template), "%s/m/%%d/%%u", folder);
}

static void teardown(void)
{
    char command[128];

    aliases_free(r.aliases);
    r.aliases = NULL;
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(recipients, .init = setup, .fini = teardown);

/* The verdict, and the mailboxes below folder: "L m/a.example/joe ...". */
static const char *resolve(const char *local, const char *domain)
{
    static const char letter[] = {[CHECKED_LOCAL] = 'L',
                                  [CHECKED_REMOTE] = 'R',
                                  [CHECKED_UNKNOWN] = 'U',
                                  [CHECKED_NOT_OURS] = 'N',
                                  [CHECKED_FAILURE] = 'F'};
    static char out[1024];
    struct mailboxes to = {0};
    enum checked c = recipients_resolve(&r, local, domain, &to, NULL);

    snprintf(out, sizeof(out), "%c", letter[c]);
    for (size_t i = 0; c == CHECKED_LOCAL && i < to.n; i++)
        snprintf(out + strlen(out), sizeof(out) - strlen(out), " %s",
                 to.v[i]->path + strlen(folder) + 1);
    mailboxes_release(&to);
    return out;
}

struct expectation {
    const char *local, *domain, *expect;
};

static void expect_all(const struct expectation *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_expect_str_eq(resolve(e[i].local, e[i].domain), e[i].expect,
                         "%s@%s: %s", e[i].local, e[i].domain,
                         resolve(e[i].local, e[i].domain));
}

#define EXPECT_ALL(e) expect_all(e, sizeof(e) / sizeof((e)[0]))

Test(recipients, are_mailboxes_in_our_domains)
{
    static const struct expectation e[] = {
        {"joe", "a.example", "L m/a.example/joe"},
        {"JOE", "a.example", "L m/a.example/joe"},
        {"Big", "a.example", "L m/a.example/Big"},
        {"big", "a.example", "U"},
        {"joe", "b.example", "L m/b.example/joe"},
        {"ann", "a.example", "U"},
        {"joe+list", "a.example", "L m/a.example/joe"},
        {"Joe+List", "a.example", "L m/a.example/joe"},
        {"joe+a+b", "a.example", "L m/a.example/joe"},
        {"two+one", "a.example", "L m/a.example/two+one"},
        {"+joe", "a.example", "U"},
        {"with space", "a.example", "L m/a.example/with space"},
        {"file", "a.example", "U"},
    };

    EXPECT_ALL(e);
}

Test(recipients, never_lead_out_of_the_mailboxes)
{
    static const struct expectation e[] = {
        {"../b.example/joe", "a.example", "U"},
        {"..", "a.example", "U"},
        {".", "a.example", "U"},
        {".hidden", "a.example", "U"},
        {"../../outside", "a.example", "U"},
        {"joe/../joe", "a.example", "U"},
        {"/tmp", "a.example", "U"},
        {"..+joe", "a.example", "U"},
        {"", "a.example", "U"},
        {"joe\n", "a.example", "U"},
        {"joe\x7f", "a.example", "U"},
        {"%u", "a.example", "U"},
        {"%d", "a.example", "U"},
        {"joe", "../m/a.example", "N"},
        {"joe", "..", "N"},
        {"joe", ".", "N"},
        {"m", "", "N"},
        {"12345678901234567890123456789012345678901234567890123456789012345",
         "a.example", "U"},
    };

    EXPECT_ALL(e);
}

Test(recipients, are_not_relayed_in_any_spelling)
{
    static const struct expectation e[] = {
        {"joe", "away.example", "N"},
        {"joe", "sub.a.example", "N"},
        {"joe", "example", "N"},
        {"joe", "[127.0.0.1]", "N"},
        {"joe", "", "N"},
        {"joe%away.example", "a.example", "U"},
        {"away.example!joe", "a.example", "U"},
        {"joe@away.example", "a.example", "U"},
        {"@away.example:joe", "a.example", "U"},
        {"a@b", "a.example", "L m/a.example/a@b"},
    };

    EXPECT_ALL(e);
}

Test(recipients, follow_aliases_to_every_mailbox_once)
{
    static const struct expectation e[] = {
        {"team", "a.example", "L m/a.example/joe m/b.example/ann"},
        {"TEAM+x", "b.example", "L m/b.example/joe m/b.example/ann"},
        {"all", "a.example", "L m/a.example/joe m/b.example/ann"},
        {"joe", "b.example", "L m/b.example/joe m/b.example/ann"},
        {"gone", "a.example", "U"},
        {"partly", "a.example", "L m/a.example/joe"},
        {"away", "a.example", "R"},
        {"both", "a.example", "R"},
        {"quoted name", "a.example", "L m/a.example/joe"},
    };

    set_aliases("team: joe, ann@b.example\n"
                "all: team, joe, team+x@a.example\n"
                "joe@b.example: joe, ann\n"
                "gone: nobody\n"
                "partly: nobody, joe\n"
                "away: joe@away.example\n"
                "both: joe, joe@away.example\n"
                "\"quoted name\"@a.example: joe\n");
    EXPECT_ALL(e);
}

Test(recipients, fall_to_the_catch_all_last)
{
    static const struct expectation e[] = {
        {"any", "b.example", "L m/a.example/joe"},
        {"../x", "b.example", "L m/a.example/joe"},
        {"ann", "b.example", "L m/b.example/ann"},
        {"ann+x", "b.example", "L m/b.example/ann"},
        {"any", "a.example", "U"},
        {"a\nb", "b.example", "U"},
    };

    set_aliases("@b.example: joe@a.example\n");
    EXPECT_ALL(e);
}

Test(recipients, end_where_catch_alls_lead_in_a_circle)
{
    static const struct expectation e[] = {
        {"any", "a.example", "U"},
        {"any", "b.example", "U"},
        {"joe", "b.example", "L m/b.example/joe"},
    };

    set_aliases("@a.example: x@b.example\n@b.example: y@a.example\n");
    EXPECT_ALL(e);
}

Test(recipients, count_targets_that_are_missing)
{
    struct mailboxes to = {0};
    size_t missing = 0;

    set_aliases("team: joe, nobody, nothing\n");
    cr_expect_eq(recipients_resolve(&r, "team", "a.example", &to, &missing),
                 CHECKED_LOCAL);
    cr_expect_eq(missing, 2);
    mailboxes_release(&to);
}

Test(recipients, keep_which_recipient_led_where)
{
    struct mailboxes to = {0};

    set_aliases("team: joe, ann@b.example\n");
    recipients_resolve(&r, "joe", "a.example", &to, NULL);
    to.recipient = 1;
    recipients_resolve(&r, "team", "a.example", &to, NULL);
    cr_assert_eq(to.n, 2);
    cr_expect_eq(to.v[0]->recipient, 0);
    cr_expect_eq(to.v[1]->recipient, 1);
    mailboxes_release(&to);
}

Test(recipients, always_include_postmaster)
{
    static const struct expectation e[] = {
        {"postmaster", "a.example", "L state/postmaster"},
        {"PostMaster", "b.example", "L state/postmaster"},
        {"postmaster", "", "L state/postmaster"},
        {"POSTMASTER", "", "L state/postmaster"},
        {"postmaster", "mx.example", "L state/postmaster"},
        {"ann", "mx.example", "N"},
        {"postmaster", "away.example", "N"},
        {"postmasters", "a.example", "U"},
    };

    EXPECT_ALL(e);
}

Test(recipients, send_postmaster_where_the_settings_say)
{
    static const struct expectation to_joe[] = {
        {"postmaster", "b.example", "L m/a.example/joe"},
        {"Postmaster", "", "L m/a.example/joe"},
    };
    static char joe[] = "joe@a.example", gone[] = "gone@a.example",
                itself[] = "postmaster@b.example", away[] = "x@away.example";

    conf.postmaster = joe;
    EXPECT_ALL(to_joe);
    conf.postmaster = gone;
    cr_expect_str_eq(resolve("postmaster", "a.example"), "L state/postmaster");
    conf.postmaster = itself;
    cr_expect_str_eq(resolve("postmaster", "a.example"), "L state/postmaster");
    conf.postmaster = away;
    cr_expect_str_eq(resolve("postmaster", "a.example"), "R");
    set_aliases("@a.example: joe\n");
    conf.postmaster = NULL;
    cr_expect_str_eq(resolve("postmaster", "a.example"), "L m/a.example/joe");
    set_aliases("postmaster: ann@b.example\n@a.example: joe\n");
    cr_expect_str_eq(resolve("postmaster", "a.example"), "L m/b.example/ann");
    box("m/b.example/postmaster");
    set_aliases("");
    cr_expect_str_eq(resolve("POSTMASTER", "b.example"),
                     "L m/b.example/postmaster");
}

Test(recipients, keep_postmaster_where_an_alias_of_that_name_leads_nowhere)
{
    static const struct expectation e[] = {
        {"postmaster", "a.example", "L state/postmaster"},
        {"PostMaster", "b.example", "L state/postmaster"},
        {"postmaster", "", "L state/postmaster"},
        {"abuse", "a.example", "L state/postmaster"},
        {"root", "a.example", "U"},
    };

    set_aliases("postmaster: root, postmaster\nroot: ghost\n"
                "abuse: postmaster\n");
    EXPECT_ALL(e);
}

Test(recipients, are_not_unknown_while_folders_cannot_be_seen)
{
    bool root = geteuid() == 0;
    char path[128];

    snprintf(path, sizeof(path), "%s/m/a.example", folder);
    cr_assert_eq(chmod(path, 0), 0);
    /* Root would see them all the same. */
    cr_assert(!root || seteuid(65534) == 0);
    cr_expect_str_eq(resolve("joe", "a.example"), "F");
    cr_assert(!root || seteuid(0) == 0);
    cr_assert_eq(chmod(path, 0700), 0);
}

Test(recipients, fail_where_an_expansion_passes_the_limit)
{
    static char text[65536];
    size_t len = 0;

    for (int i = 0; i < 2; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "half%d: ", i);
        for (int j = 0; j < ALIASES_TARGETS / 2; j++)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "x%d,", j);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "joe\n");
    }
    strcat(text, "all: half0, half1\n");
    set_aliases(text);
    cr_expect_str_eq(resolve("half0", "a.example"), "L m/a.example/joe");
    cr_expect_str_eq(resolve("all", "a.example"), "F");
}

/* An alias of n addresses elsewhere, each of some octets, "" when it may be. */
static const char *check_list(unsigned n, unsigned octets)
{
    static char text[1024 * 1024], err[1024];
    size_t len = (size_t)snprintf(text, sizeof(text), "# none\nlist:");

    for (unsigned i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, " x%0*u@b.c%s",
                                (int)octets - 5, i, i + 1 < n ? "," : "\n");
    set_aliases(text);
    return recipients_check(&r, err, sizeof(err)) == 0 ? "" : err;
}

Test(recipients, are_the_same_in_every_spelling_of_a_domain)
{
    static char umlaut[] = "b\303\274cher.example",
                ace[] = "xn--fa-hia.example";
    static char *idn[] = {a_example, umlaut, ace};
    static const struct expectation e[] = {
        {"joe", "b\303\274cher.example", "L m/b\303\274cher.example/joe"},
        {"joe", "B\303\234CHER.example", "L m/b\303\274cher.example/joe"},
        {"joe", "bu\314\210cher.example", "L m/b\303\274cher.example/joe"},
        {"joe", "xn--bcher-kva.example", "L m/b\303\274cher.example/joe"},
        {"ann", "xn--bcher-kva.example", "L m/xn--fa-hia.example/ann"},
        {"ann", "fa\303\237.example", "L m/xn--fa-hia.example/ann"},
        {"bob", "fa\303\237.example", "L m/b\303\274cher.example/joe"},
        {"x", "fa\303\237.example", "L m/b\303\274cher.example/joe"},
        {"joe", "\357\275\201.example", "L m/a.example/joe"},
        {"joe", "fass.example", "N"},
        {"joe", "bucher.example", "N"},
        {"joe", "xn--.example", "N"},
        {"joe", "xn--bcher-kva.example.\377", "N"},
        {"postmaster", "b\303\234cher.example", "L state/postmaster"},
    };

    conf.domains = (struct strings){idn, 3};
    box("m/b\303\274cher.example");
    box("m/b\303\274cher.example/joe");
    box("m/xn--fa-hia.example");
    box("m/xn--fa-hia.example/ann");
    set_aliases("ann@xn--bcher-kva.example: ann@fa\303\237.example\n"
                "bob@fa\303\237.example: joe@xn--bcher-kva.example\n"
                "@xn--fa-hia.example: joe@B\303\234CHER.example\n");
    EXPECT_ALL(e);
}

Test(recipients, refuse_an_alias_that_queue_could_not_be_told_of)
{
    static char file[] = "aliases";

    conf.aliases = file;
    cr_expect_str_eq(check_list(999, 10), "");
    cr_expect_str_eq(check_list(1000, 10),
                     "aliases:2: list: leads to 1000 addresses elsewhere, and "
                     "the queue takes 999 for one recipient");
    cr_expect_str_eq(check_list(600, 62), "");
    cr_expect_str_eq(check_list(900, 60),
                     "aliases:2: list: leads to 900 addresses elsewhere that "
                     "are too long together for one recipient; divide it");
}

static void write_passwd(const char *text, uid_t as)
{
    int fd = memfd_create("passwd", 0);

    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    lseek(fd, 0, SEEK_SET);
    r.accounts = accounts_read_fd(fd, as);
    cr_assert_not_null(r.accounts);
    close(fd);
}

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
                             "toor:x:1000:0::/home/toor:/bin/sh\n"
                             "mail:x:8:8:mail:/var/mail:/bin/sh\n"
                             "joe:x:1001:100::/home/joe:/bin/sh\n"
                             "ann:x:1002:100::/home/ann:/usr/sbin/nologin\n"
                             "none:x:1003:100::/:/bin/sh\n"
                             "rel:x:1004:100::home:/bin/sh\n"
                             "nobody:x:65534:65534::/nonexistent:/bin/sh\n";

Test(recipients, are_the_accounts_of_people)
{
    static const char *const unknown[] = {"root", "toor",   "mail",  "none",
                                          "rel",  "nobody", "../joe"};
    static char template[] = "~/Maildir";
    struct mailboxes to = {0};

    conf.mailboxes = template;
    conf.mailboxes_system = true;
    write_passwd(passwd, 0);
    cr_expect_eq(recipients_resolve(&r, "Joe+x", "a.example", &to, NULL),
                 CHECKED_LOCAL);
    cr_assert_eq(to.n, 1);
    cr_expect_str_eq(to.v[0]->path, "/home/joe/Maildir");
    cr_expect_eq(to.v[0]->uid, 1001);
    cr_expect_eq(to.v[0]->gid, 100);
    cr_expect(to.v[0]->make);
    mailboxes_release(&to);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        cr_expect_str_eq(resolve(unknown[i], "a.example"), "U", "%s",
                         unknown[i]);
    accounts_free(r.accounts);
}

Test(recipients, are_only_ourselves_when_we_are_not_root)
{
    static char template[] = "~/Maildir";
    struct mailboxes to = {0};

    conf.mailboxes = template;
    conf.mailboxes_system = true;
    write_passwd(passwd, 1002);
    cr_expect_eq(recipients_resolve(&r, "ann", "a.example", &to, NULL),
                 CHECKED_LOCAL);
    mailboxes_release(&to);
    cr_expect_str_eq(resolve("joe", "a.example"), "U");
    accounts_free(r.accounts);
}
