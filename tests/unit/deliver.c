/*
 * The whole program, sandbox included, played to by a parent and an smtpd of
 * the test's own.  As root it runs as nobody, to whom the scratch folder
 * belongs; otherwise as whoever runs the test.
 */
#include "tests/driver/deliver.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534

static char folder[64], conf[2048];
static struct driver d;
static const char *const joe[] = {"joe@a.example", NULL};

/* A disk that is never free, in the place of the C library's; no thread may
 * sleep in the sandbox, but it may wait for another. */
int syncfs(int fd)
{
    static sem_t nobody;
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    sem_timedwait(&nobody, &until);
    return (int)syscall(SYS_syncfs, fd);
}

/* A shell script in the scratch folder, whose "$1" is arg. */
static void run(const char *script, const char *arg)
{
    char command[1024];

    snprintf(command, sizeof(command), "set -- '%s'; cd %s || exit 1; %s", arg,
             folder, script);
    cr_assert_eq(system(command), 0, "%s", command);
}

static void write_file(const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

static const char *in_folder(const char *name)
{
    static char path[2][256];
    static int turn;

    turn = !turn;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

static void set_conf(const char *mailboxes, const char *more)
{
    snprintf(conf, sizeof(conf),
             "hostname = \"mx.a.example\"\n"
             "domains = { \"a.example\", \"b.example\" }\n"
             "state = \"%s/state\"\nmailboxes = \"%s\"\n%s%s",
             folder, mailboxes, geteuid() == 0 ? "user = \"nobody\"\n" : "",
             more);
}

static void setup(void)
{
    strcpy(folder, "/tmp/tarry-deliver-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    run("chmod 755 . && mkdir -p state m/a.example/joe "
        "m/a.example/ann m/b.example/bob",
        "");
    if (geteuid() == 0)
        run("chown -R nobody: m", "");
    setenv("TARRY_LOG", "plain", 1);
    set_conf(in_folder("m/%d/%u"), "");
}

static void begin(void)
{
    setup();
    driver_start(&d, conf, NULL, NULL);
}

static void clean(void)
{
    run("cd / && rm -r \"$1\"", folder);
}

static void end(void)
{
    cr_expect_eq(driver_stop(&d), 0);
    clean();
}

TestSuite(deliver, .init = begin, .fini = end, .timeout = 60);

static unsigned count(const char *pattern)
{
    glob_t g;
    unsigned n;

    cr_assert_neq(glob(in_folder(pattern), 0, NULL, &g), GLOB_ABORTED);
    n = (unsigned)g.gl_pathc;
    globfree(&g);
    return n;
}

/* The one file that matches; "" when there is not just one. */
static const char *content(const char *pattern)
{
    static char text[65536];
    size_t n = 0;
    glob_t g;

    text[0] = '\0';
    if (glob(in_folder(pattern), 0, NULL, &g) == 0 && g.gl_pathc == 1) {
        FILE *f = fopen(g.gl_pathv[0], "r");

        cr_assert_not_null(f);
        n = fread(text, 1, sizeof(text) - 1, f);
        text[n] = '\0';
        fclose(f);
    }
    globfree(&g);
    return text;
}

Test(deliver, stores_a_message_behind_its_head)
{
    cr_expect_eq(driver_store(&d, 1, "ann@away.example", joe, "X: y\n\nhi\n"),
                 STORED_OK);
    cr_expect_str_eq(content("m/a.example/joe/new/*"),
                     "Return-Path: <ann@away.example>\n"
                     "Delivered-To: joe@a.example\nX: y\n\nhi\n");
    cr_expect_eq(count("m/*/*/tmp/*"), 0);
}

Test(deliver, writes_the_null_sender_and_names_as_they_were_sent)
{
    static const char *const to[] = {"Joe+Lists@a.example", NULL};

    cr_expect_eq(driver_store(&d, 1, "", to, "\n"), STORED_OK);
    cr_expect_str_eq(content("m/a.example/joe/new/*"),
                     "Return-Path: <>\nDelivered-To: Joe+Lists@a.example\n\n");
}

Test(deliver, gives_every_recipient_a_copy_that_names_no_other)
{
    static const char *const to[] = {"joe@a.example", "bob@b.example",
                                     "ann@a.example", "JOE+x@a.example", NULL};
    static char body[40001];

    memset(body, 'b', sizeof(body) - 1);
    cr_expect_eq(driver_store(&d, 1, "s@away.example", to, body), STORED_OK);
    cr_expect_eq(count("m/*/*/new/*"), 3);
    cr_expect_eq(strlen(content("m/b.example/bob/new/*")), 40000 + 58);
    cr_expect_not_null(
        strstr(content("m/b.example/bob/new/*"), "bob@b.example\nbbb"));
    cr_expect_null(strstr(content("m/b.example/bob/new/*"), "joe"));
    cr_expect_not_null(
        strstr(content("m/a.example/joe/new/*"), "joe@a.example\nbbb"));
    cr_expect_not_null(
        strstr(content("m/a.example/ann/new/*"), "ann@a.example\nbbb"));
    cr_expect_eq(driver_count(&d, STAT_FILES), 3);
    cr_expect_eq(driver_count(&d, STAT_DELIVERED), 1);
}

Test(deliver, stores_for_all_or_for_none)
{
    static const char *const to[] = {"joe@a.example", "ann@a.example",
                                     "bob@b.example", NULL};
    static const char *const parts[] = {"new", "tmp"};

    run("cd m/b.example/bob && mkdir tmp new cur && chmod 777 *", "");
    if (geteuid() == 0)
        run("chown root: m/b.example/bob/*", "");
    for (size_t i = 0; i < 2; i++) {
        run("chmod 555 m/b.example/bob/$1", parts[i]);
        cr_expect_eq(driver_store(&d, i, "", to, "body\n"), STORED_FAILURE);
        cr_expect_eq(count("m/*/*/new/*"), 0);
        cr_expect_eq(count("m/*/*/tmp/*"), 0);
        run("chmod 777 m/b.example/bob/$1", parts[i]);
    }
    cr_expect_eq(driver_store(&d, 9, "", to, "body\n"), STORED_OK);
    cr_expect_eq(count("m/*/*/new/*"), 3);
}

Test(deliver, shares_flushes_among_a_hundred_transactions)
{
    struct driver_reply r;
    unsigned done = 0;
    int status;

    for (uint64_t id = 0; id < 100; id++)
        driver_open(&d, id, "", joe);
    for (unsigned i = 0; i < 100; i++) {
        r = driver_receive(d.smtpd);
        cr_assert_eq(r.header.type, MSG_OPENED);
        cr_assert_eq(r.value, STORED_OK);
        cr_assert_eq(write(r.fd, "body\n", 5), 5);
        close(r.fd);
    }
    /* All are there when it looks, also where a flush takes no time. */
    kill(d.pid, SIGSTOP);
    cr_assert_eq(waitpid(d.pid, &status, WUNTRACED), d.pid);
    for (uint64_t id = 0; id < 100; id++)
        driver_commit(&d, id, 5);
    kill(d.pid, SIGCONT);
    for (unsigned i = 0; i < 100; i++)
        done += driver_receive(d.smtpd).value == STORED_OK;
    cr_expect_eq(done, 100);
    cr_expect_eq(count("m/a.example/joe/new/*"), 100);
    cr_expect_leq(driver_count(&d, STAT_FLUSHES), 80, "%u",
                  (unsigned)driver_count(&d, STAT_FLUSHES));
}

Test(deliver, refuses_a_message_that_is_not_of_the_size_committed)
{
    struct driver_reply r;

    for (uint64_t wrong = 4; wrong <= 6; wrong += 2) {
        driver_open(&d, wrong, "", joe);
        r = driver_receive(d.smtpd);
        cr_assert_eq(write(r.fd, "body\n", 5), 5);
        close(r.fd);
        driver_commit(&d, wrong, wrong);
        cr_expect_eq(driver_receive(d.smtpd).value, STORED_FAILURE);
    }
    cr_expect_eq(count("m/*/*/new/*") + count("m/*/*/tmp/*"), 0);
}

Test(deliver, forgets_what_is_aborted_and_what_is_left_behind)
{
    driver_open(&d, 1, "", joe);
    close(driver_receive(d.smtpd).fd);
    cr_expect_eq(count("m/*/*/tmp/*"), 1);
    driver_send(d.smtpd, MSG_ABORT, 1, NULL, -1);
    driver_send(d.smtpd, MSG_ABORT, 77, NULL, -1);
    /* The answer to a question says that the abort was seen. */
    cr_expect_eq(driver_check(&d, "joe", "a.example"), CHECKED_LOCAL);
    cr_expect_eq(count("m/*/*/tmp/*"), 0);
    driver_open(&d, 1, "", joe);
    close(driver_receive(d.smtpd).fd);
    driver_new_peer(&d);
    cr_expect_eq(driver_store(&d, 1, "", joe, "b"), STORED_OK);
    cr_expect_eq(count("m/*/*/tmp/*"), 0);
    cr_expect_eq(count("m/*/*/new/*"), 1);
    cr_expect_eq(driver_count(&d, STAT_DISCARDED), 2);
}

Test(deliver, finds_a_maildir_again_that_was_replaced_or_emptied)
{
    cr_expect_eq(driver_store(&d, 1, "", joe, "b"), STORED_OK);
    run("mv m/a.example/joe m/a.example/joe.old", "");
    cr_expect_eq(driver_check(&d, "joe", "a.example"), CHECKED_UNKNOWN);
    run("mkdir m/a.example/joe", "");
    if (geteuid() == 0)
        run("chown nobody: m/a.example/joe", "");
    cr_expect_eq(driver_store(&d, 2, "", joe, "b"), STORED_OK);
    cr_expect_eq(count("m/a.example/joe/new/*"), 1);
    run("rm -r m/a.example/joe/tmp", "");
    cr_expect_eq(driver_store(&d, 3, "", joe, "b"), STORED_OK);
    cr_expect_eq(count("m/a.example/joe/new/*"), 2);
}

Test(deliver, keeps_a_maildir_for_postmaster)
{
    static const char *const to[] = {"PostMaster", NULL};

    cr_expect_eq(driver_check(&d, "Postmaster", ""), CHECKED_LOCAL);
    cr_expect_eq(driver_store(&d, 1, "", to, "b\n"), STORED_OK);
    cr_expect_str_eq(content("state/postmaster/new/*"),
                     "Return-Path: <>\nDelivered-To: PostMaster\nb\n");
}

Test(deliver, answers_what_it_knows_of_recipients)
{
    cr_expect_eq(driver_check(&d, "joe", "a.example"), CHECKED_LOCAL);
    cr_expect_eq(driver_check(&d, "nobody", "a.example"), CHECKED_UNKNOWN);
    cr_expect_eq(driver_check(&d, "joe", "away.example"), CHECKED_NOT_OURS);
    cr_expect_eq(driver_check(&d, "../a.example/joe", "b.example"),
                 CHECKED_UNKNOWN);
}

Test(deliver, stores_nothing_for_a_recipient_who_is_not_local)
{
    static const char *const to[] = {"joe@a.example", "x@away.example", NULL};

    driver_open(&d, 1, "", to);
    cr_expect_eq(driver_receive(d.smtpd).value, STORED_FAILURE);
    cr_expect_eq(count("m/*/*/tmp/*"), 0);
}

/* An OPEN as no honest smtpd sends it; recipient "" is none at all. */
static void send_open(uint32_t flags, const char *session, const char *sender,
                      uint32_t n, const char *recipient)
{
    static struct msg_out out;

    msg_reset(&out);
    msg_put_u32(&out, flags);
    msg_put_str(&out, session);
    msg_put_str(&out, sender);
    msg_put_u32(&out, n);
    if (recipient[0] != '\0') {
        msg_put_str(&out, recipient);
        msg_put_str(&out, "a.example");
    }
    driver_send(d.smtpd, MSG_OPEN, 1, &out, -1);
}

Test(deliver, ends_the_channel_of_an_smtpd_that_breaks_the_rules)
{
    static const struct {
        uint32_t flags, n;
        const char *session, *sender, *recipient;
    } cases[] = {
        {1, 1, "s1", "", "joe"},
        {0, 1, "", "", "joe"},
        {0, 1, "s 1", "", "joe"},
        {0, 1, "s/1", "", "joe"},
        {0, 1, "12345678901234567890123456789012", "", "joe"},
        {0, 1, "s1", "x", "joe"},
        {0, 1, "s1", "x@y.example>\nX: y", "joe"},
        {0, 1, "s1", "x@@y", "joe"},
        {0, 0, "s1", "", ""},
        {0, 2, "s1", "", "joe"},
        {0, 0, "s1", "", "joe"},
        {0, 2001, "s1", "", "joe"},
        {0, 0xffffffff, "s1", "", "joe"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        send_open(cases[i].flags, cases[i].session, cases[i].sender, cases[i].n,
                  cases[i].recipient);
        cr_expect(driver_receive(d.smtpd).closed, "case %zu", i);
        driver_new_peer(&d);
    }
    cr_expect_eq(driver_store(&d, 1, "", joe, "b"), STORED_OK);
    cr_expect_eq(count("m/*/*/tmp/*"), 0);
}

Test(deliver, ends_the_channel_for_what_is_out_of_order)
{
    driver_commit(&d, 1, 0);
    cr_expect(driver_receive(d.smtpd).closed);
    driver_new_peer(&d);
    driver_open(&d, 1, "", joe);
    close(driver_receive(d.smtpd).fd);
    driver_open(&d, 1, "", joe);
    cr_expect(driver_receive(d.smtpd).closed);
    driver_new_peer(&d);
    cr_expect_eq(driver_check(&d, "joe", "a.example"), CHECKED_LOCAL);
    cr_expect_eq(count("m/*/*/tmp/*"), 0);
}

/* What OPEN says when the aliases change between it and CHECK. */
static enum stored open_after(const char *before, const char *after)
{
    static const char *const to[] = {"ann@a.example", "list@a.example", NULL};
    struct driver_reply r;

    write_file("aliases", before);
    cr_expect(driver_reload(&d, conf, in_folder("aliases"), NULL));
    driver_check(&d, "list", "a.example");
    write_file("aliases", after);
    cr_expect(driver_reload(&d, conf, in_folder("aliases"), NULL));
    if (d.leaves != 0) /* ann has nothing that leaves */
        driver_open(&d, 7, "", to + 1);
    else
        driver_open(&d, 7, "", to);
    r = driver_receive(d.smtpd);
    close(r.fd);
    driver_send(d.smtpd, MSG_ABORT, 7, NULL, -1);
    return (enum stored)r.value;
}

Test(deliver, notices_when_a_recipient_leads_elsewhere_than_was_said)
{
    static const struct {
        const char *before, *after;
        enum stored expect;
    } e[] = {
        {"list: joe\n", "list: joe\n", STORED_OK},
        {"list: joe\n", "list: ann\n", STORED_OK},
        {"list: joe\n", "list: x@away.example\n", STORED_FAILURE},
        {"list: joe\n", "list: joe, x@away.example\n", STORED_FAILURE},
        {"list: joe, x@away.example\n", "list: joe\n", STORED_FAILURE},
        {"list: joe, x@away.example\n", "list: ann, x@away.example\n",
         STORED_OK},
        {"list: joe, x@away.example\n", "list: joe, y@away.example\n",
         STORED_FAILURE},
        {"list: joe, x@away.example\n", "list: x@away.example\n",
         STORED_FAILURE},
        {"list: joe, x@a.example, y@a.example\nx: x@away.example\n",
         "list: joe, x@a.example, y@a.example\nx: x@away.example\n", STORED_OK},
    };
    char more[256];

    snprintf(more, sizeof(more), "aliases = \"%s\"\n", in_folder("aliases"));
    set_conf(in_folder("m/%d/%u"), more);
    for (size_t i = 0; i < sizeof(e) / sizeof(e[0]); i++)
        cr_expect_eq(open_after(e[i].before, e[i].after), e[i].expect,
                     "%s -> %s", e[i].before, e[i].after);
    driver_check(&d, "joe", "a.example"); /* the last abort was seen */
    cr_expect_eq(count("m/*/*/tmp/*"), 0);
}

Test(deliver, refuses_an_alias_of_which_it_could_not_tell)
{
    static char text[128 * 1024];
    size_t len = (size_t)sprintf(text, "list:");
    char more[256];

    snprintf(more, sizeof(more), "aliases = \"%s\"\n", in_folder("aliases"));
    set_conf(in_folder("m/%d/%u"), more);
    for (unsigned i = 0; i < 900; i++)
        len += (size_t)sprintf(text + len, " %060u@remote.example%s", i,
                               i < 899 ? "," : "\n");
    write_file("aliases", text);
    cr_expect_not(driver_reload(&d, conf, in_folder("aliases"), NULL));
    write_file("aliases", "list: joe\n");
    cr_expect(driver_reload(&d, conf, in_folder("aliases"), NULL));
    cr_expect_eq(driver_check(&d, "list", "a.example"), CHECKED_LOCAL);
}

Test(deliver, takes_new_aliases_and_keeps_the_old_ones_when_they_are_wrong)
{
    char more[300];

    snprintf(more, sizeof(more), "aliases = \"%s\"\n", in_folder("aliases"));
    set_conf(in_folder("m/%d/%u"), more);
    write_file("aliases", "team: joe, ann\n");
    cr_expect(driver_reload(&d, conf, in_folder("aliases"), NULL));
    cr_expect_eq(driver_check(&d, "team", "a.example"), CHECKED_LOCAL);
    write_file("aliases", "team: joe, team2\nteam2: team\n");
    cr_expect_not(driver_reload(&d, conf, in_folder("aliases"), NULL));
    cr_expect_eq(driver_check(&d, "team", "a.example"), CHECKED_LOCAL);
    write_file("aliases", "other: joe\n");
    cr_expect(driver_reload(&d, conf, in_folder("aliases"), NULL));
    cr_expect_eq(driver_check(&d, "team", "a.example"), CHECKED_UNKNOWN);
    cr_expect_eq(driver_check(&d, "other", "a.example"), CHECKED_LOCAL);
    set_conf(in_folder("elsewhere/%d/%u"), "");
    cr_expect_not(driver_reload(&d, conf, NULL, NULL));
}

Test(deliver, finishes_what_is_under_way_when_told_to_stop)
{
    struct driver_reply r;

    driver_open(&d, 1, "", joe);
    r = driver_receive(d.smtpd);
    driver_send(d.parent, MSG_STOP, 0, NULL, -1);
    cr_assert_eq(write(r.fd, "body\n", 5), 5);
    close(r.fd);
    driver_commit(&d, 1, 5);
    cr_expect_eq(driver_receive(d.smtpd).value, STORED_OK);
    cr_expect(driver_receive(d.smtpd).closed);
    cr_expect_eq(count("m/a.example/joe/new/*"), 1);
}

Test(deliver_disk, says_so_when_it_is_full, .timeout = 60)
{
    static const char *const to[] = {"joe@a.example", "ann@a.example", NULL};
    static char body[200001];

    if (geteuid() != 0)
        cr_skip_test("only root can mount a small file system");
    setup();
    if (mount("tmpfs", in_folder("m"), "tmpfs", 0, "size=256k") != 0) {
        clean();
        cr_skip_test("no tmpfs here");
    }
    run("cd m && mkdir -p a.example/joe a.example/ann && "
        "chown -R nobody: .",
        "");
    memset(body, 'b', sizeof(body) - 1);
    driver_start(&d, conf, NULL, NULL);
    /* Room for one copy, not for two. */
    cr_expect_eq(driver_store(&d, 1, "", to, body), STORED_FULL_DISK);
    cr_expect_eq(count("m/*/*/new/*") + count("m/*/*/tmp/*"), 0);
    cr_expect_eq(driver_store(&d, 2, "", joe, body), STORED_OK);
    /* No room for the head. */
    run("dd if=/dev/zero of=m/fill bs=4k 2>/dev/null; true", "");
    cr_expect_eq(driver_store(&d, 3, "", joe, "b"), STORED_FULL_DISK);
    cr_expect_eq(count("m/*/*/new/*"), 1);
    cr_expect_eq(count("m/*/*/tmp/*"), 0);
    cr_expect_eq(driver_stop(&d), 0);
    umount(in_folder("m"));
    clean();
}

Test(deliver_accounts, get_their_mail_as_their_own, .timeout = 60)
{
    static const char *const to[] = {"jim@a.example", "kim@a.example", NULL};
    char passwd[512];
    struct stat st;

    if (geteuid() != 0)
        cr_skip_test("only root can act for others");
    setup();
    snprintf(passwd, sizeof(passwd),
             "root:x:0:0::/root:/bin/sh\njim:x:1001:1001::%s/home/jim:/bin/sh\n"
             "kim:x:1002:1002::%s/home/kim:/bin/sh\n",
             folder, folder);
    write_file("passwd", passwd);
    run("mkdir -m 755 home && mkdir -m 700 home/jim home/kim && "
        "chown 1001:1001 home/jim && chown 1002:1002 home/kim",
        "");
    set_conf("~/Maildir", "");
    driver_start(&d, conf, NULL, in_folder("passwd"));
    cr_expect_eq(driver_check(&d, "root", "a.example"), CHECKED_UNKNOWN);
    cr_expect_eq(driver_store(&d, 1, "", to, "b\n"), STORED_OK);
    cr_expect_eq(driver_store(&d, 2, "", to + 1, "b\n"), STORED_OK);
    cr_expect_eq(count("home/kim/Maildir/new/*"), 2);
    cr_expect_str_eq(content("home/jim/Maildir/new/*"),
                     "Return-Path: <>\nDelivered-To: jim@a.example\nb\n");
    cr_expect_eq(stat(in_folder("home/jim/Maildir/new"), &st), 0);
    cr_expect_eq(st.st_uid, 1001);
    cr_expect_eq(st.st_gid, 1001);
    /* Jim cannot have mail written where only Kim may. */
    run("cd home && rm -r jim/Maildir && ln -s ../kim/Maildir jim/Maildir", "");
    cr_expect_eq(driver_store(&d, 3, "", to, "b\n"), STORED_FAILURE);
    cr_expect_eq(count("home/kim/Maildir/new/*"), 2);
    /* postmaster's is still our own. */
    cr_expect_eq(
        driver_store(&d, 4, "", (const char *[]){"postmaster", NULL}, "b\n"),
        STORED_OK);
    cr_expect_eq(stat(in_folder("state/postmaster/new"), &st), 0);
    cr_expect_eq(st.st_uid, NOBODY);
    cr_expect_eq(driver_stop(&d), 0);
    clean();
}
