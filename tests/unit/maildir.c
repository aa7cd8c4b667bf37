/* Maildirs: names, what is made, what is moved, what is kept open. */
#include "queue/maildir.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], box[128];
static struct mailbox mailbox;

static void setup(void)
{
    strcpy(folder, "/tmp/tarry-maildir-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(box, sizeof(box), "%s/box", folder);
    mailbox = (struct mailbox){.path = box, .uid = getuid(), .gid = getgid()};
}

static void teardown(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(maildir, .init = setup, .fini = teardown);

static bool is_there(const char *part, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s/%s", box, part, name);
    return access(path, F_OK) == 0;
}

Test(maildir, names_are_all_different)
{
    static char names[10000][MAILDIR_NAME];

    for (size_t i = 0; i < 10000; i++)
        maildir_name("mx.example.org", names[i]);
    qsort(names, 10000, sizeof(names[0]),
          (int (*)(const void *, const void *))strcmp);
    for (size_t i = 1; i < 10000; i++)
        cr_assert_str_neq(names[i - 1], names[i]);
}

Test(maildir, names_are_of_the_usual_form)
{
    char name[MAILDIR_NAME], host[64];
    long long sec;
    long usec, pid;
    unsigned long counter;

    maildir_name("mx.example.org", name);
    cr_assert_eq(sscanf(name, "%lld.M%ldP%ldQ%lu.%63s", &sec, &usec, &pid,
                        &counter, host),
                 5, "%s", name);
    cr_expect_eq(pid, getpid());
    cr_expect_str_eq(host, "mx.example.org");
    maildir_name("a/b:c", name);
    cr_expect_str_eq(strchr(name, '.') + 1 +
                         strcspn(strchr(name, '.') + 1, "."),
                     ".a\\057b\\072c");
}

Test(maildir, names_fit_whatever_the_host_is_called)
{
    char host[1024], name[MAILDIR_NAME];

    memset(host, '/', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    maildir_name(host, name);
    cr_expect_lt(strlen(name), 255);
    cr_expect_null(strchr(name, '/'));
}

Test(maildir, is_made_where_the_mailbox_says_so)
{
    struct maildir *d;
    struct stat st;

    cr_expect_null(maildir_open(&mailbox));
    cr_expect_eq(errno, ENOENT);
    mailbox.make = true;
    d = maildir_open(&mailbox);
    cr_assert_not_null(d);
    cr_expect(is_there("tmp", "") && is_there("new", "") &&
              is_there("cur", ""));
    cr_expect_eq(stat(box, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0700);
    maildir_release(d);
    d = maildir_open(&mailbox);
    cr_assert_not_null(d);
    maildir_release(d);
}

Test(maildir, moves_a_file_to_new_and_never_over_another)
{
    struct maildir *d;
    int fd;

    mailbox.make = true;
    d = maildir_open(&mailbox);
    cr_assert_not_null(d);
    fd = maildir_create(d, "one");
    cr_assert_neq(fd, -1);
    close(fd);
    cr_expect_eq(maildir_create(d, "one"), -1);
    cr_expect_eq(errno, EEXIST);
    cr_expect_eq(maildir_publish(d, "one"), 0);
    cr_expect(is_there("new", "one") && !is_there("tmp", "one"));
    close(maildir_create(d, "one"));
    cr_expect_eq(maildir_publish(d, "one"), -1);
    cr_expect_eq(errno, EEXIST);
    maildir_remove(d, "one", false);
    cr_expect(is_there("new", "one") && !is_there("tmp", "one"));
    maildir_remove(d, "one", true);
    cr_expect_not(is_there("new", "one"));
    maildir_release(d);
}

Test(maildir, does_not_wait_for_what_is_in_a_folders_place)
{
    static const char *const parts[] = {"", "/tmp", "/new"};
    char path[160];

    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", box, parts[i]);
        rmdir(path);
        cr_assert_eq(mkfifo(path, 0600), 0);
        mailbox.make = true;
        cr_expect_null(maildir_open(&mailbox));
        cr_expect_eq(errno, ENOTDIR, "%s: %d", path, errno);
        cr_assert_eq(unlink(path), 0);
        cr_assert_eq(symlink("/dev/zero", path), 0);
        cr_expect_null(maildir_open(&mailbox));
        cr_assert_eq(unlink(path), 0);
        cr_assert_eq(symlink(path, path), 0);
        cr_expect_null(maildir_open(&mailbox));
        cr_assert_eq(unlink(path), 0);
        cr_assert_eq(symlink("/nowhere/at/all", path), 0);
        cr_expect_null(maildir_open(&mailbox));
        cr_assert_eq(unlink(path), 0);
        cr_assert_eq(mkdir(path, 0700), 0);
    }
}

/* Not as root, whom no permission keeps out. */
static bool usable(const char *command)
{
    char text[512];
    bool fine;

    mailbox.make = true;
    snprintf(text, sizeof(text), "cd %s && %s", folder, command);
    cr_assert_eq(system(text), 0, "%s", text);
    if (geteuid() == 0) {
        snprintf(text, sizeof(text), "chown -R nobody: %s", folder);
        cr_assert_eq(system(text), 0);
        cr_assert_eq(seteuid(65534), 0);
        fine = maildir_check(&mailbox) == 0;
        cr_assert_eq(seteuid(0), 0);
    } else {
        fine = maildir_check(&mailbox) == 0;
    }
    snprintf(text, sizeof(text), "chmod -R u+rwx %s; rm -rf %s", folder, box);
    cr_assert_eq(system(text), 0);
    return fine;
}

Test(maildir, can_be_looked_at_without_being_made)
{
    mailbox.make = true;
    cr_expect_eq(maildir_check(&mailbox), 0);
    cr_expect_eq(access(box, F_OK), -1);
    mailbox.make = false;
    cr_expect_eq(maildir_check(&mailbox), -1);
    cr_expect(usable("true"));
    cr_expect(usable("mkdir box"));
    cr_expect(usable("mkdir box box/tmp box/new box/cur && chmod 555 box"));
    cr_expect_not(usable("chmod 555 ."));
    cr_expect_not(usable("mkdir box && chmod 0 box"));
    cr_expect_not(usable("mkdir box box/tmp box/new && chmod 555 box"));
    cr_expect_not(usable("mkdir box box/tmp && chmod 555 box/tmp"));
    cr_expect_not(usable("mkdir box box/new && chmod 0 box/new"));
    cr_expect_not(usable("mkdir box && mkfifo box/new"));
    cr_expect_not(usable("mkdir box && ln -s nowhere box/tmp"));
    cr_expect_not(usable("ln -s nowhere box"));
    cr_expect_not(usable("touch box"));
}

Test(maildir, reads_again_only_the_file_that_it_made)
{
    struct maildir *d;
    char path[160];
    int fd, again;

    mailbox.make = true;
    d = maildir_open(&mailbox);
    fd = maildir_create(d, "one");
    again = maildir_reread(d, "one", fd);
    cr_expect_neq(again, -1);
    close(again);
    snprintf(path, sizeof(path), "%s/tmp/one", box);
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(maildir_reread(d, "one", fd), -1);
    unlink(path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    cr_expect_eq(maildir_reread(d, "one", fd), -1);
    unlink(path);
    cr_assert_eq(symlink("other", path), 0);
    cr_expect_eq(maildir_reread(d, "one", fd), -1);
    close(fd);
    maildir_release(d);
}

Test(maildir, makes_a_file_that_has_no_name)
{
    struct maildir *d;
    char text[8];
    int to, from;

    mailbox.make = true;
    d = maildir_open(&mailbox);
    cr_assert_eq(maildir_nameless(d, "one", &to, &from), 0);
    cr_expect_not(is_there("tmp", "one"));
    cr_expect_eq(write(to, "text", 4), 4);
    cr_expect_eq(pread(from, text, sizeof(text), 0), 4);
    cr_expect_eq(write(from, "x", 1), -1);
    close(to);
    close(from);
    maildir_release(d);
}

Test(maildir, files_are_for_their_owner_alone)
{
    struct maildir *d;
    struct stat st;
    int fd;

    mailbox.make = true;
    d = maildir_open(&mailbox);
    fd = maildir_create(d, "one");
    cr_assert_eq(fstat(fd, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    close(fd);
    maildir_release(d);
}

Test(maildirs, are_kept_open_and_found_again, .init = setup, .fini = teardown)
{
    struct maildirs kept = {0};
    struct maildir *first, *second;

    mailbox.make = true;
    first = maildirs_open(&kept, &mailbox);
    second = maildirs_open(&kept, &mailbox);
    cr_expect_eq(first, second);
    cr_expect_eq(first->users, 3);
    maildir_release(first);
    maildir_release(second);
    maildirs_forget(&kept, first);
    cr_expect_eq(kept.n, 0);
}

Test(maildirs, are_opened_anew_when_another_took_the_place, .init = setup,
     .fini = teardown)
{
    struct maildirs kept = {0};
    struct maildir *first, *second;
    char aside[160];

    mailbox.make = true;
    first = maildirs_open(&kept, &mailbox);
    snprintf(aside, sizeof(aside), "%s.old", box);
    cr_assert_eq(rename(box, aside), 0);
    cr_assert_eq(mkdir(box, 0700), 0);
    second = maildirs_open(&kept, &mailbox);
    cr_assert_not_null(second);
    cr_expect_neq(first, second);
    cr_expect_eq(kept.n, 1);
    cr_expect(is_there("tmp", ""));
    maildir_release(first);
    maildir_release(second);
    maildirs_release(&kept);
}

Test(maildirs, are_opened_anew_when_a_part_is_another, .init = setup,
     .fini = teardown)
{
    static const char *const parts[] = {"tmp", "new"};
    struct maildirs kept = {0};
    struct maildir *first, *second;
    char part[160], aside[160];

    mailbox.make = true;
    for (size_t i = 0; i < 2; i++) {
        first = maildirs_open(&kept, &mailbox);
        snprintf(part, sizeof(part), "%s/%s", box, parts[i]);
        snprintf(aside, sizeof(aside), "%s/aside-%s", box, parts[i]);
        cr_assert_eq(rename(part, aside), 0);
        second = maildirs_open(&kept, &mailbox);
        cr_expect_neq(first, second);
        cr_expect(is_there(parts[i], ""));
        maildir_release(first);
        maildir_release(second);
    }
    maildirs_release(&kept);
}

Test(maildirs, keep_the_last_used_and_close_the_rest, .init = setup,
     .fini = teardown)
{
    struct maildirs kept = {0};
    char path[160];

    mailbox.make = true;
    mailbox.path = path;
    for (int i = 0; i < MAILDIRS_KEPT + 10; i++) {
        snprintf(path, sizeof(path), "%s%d", box, i % (MAILDIRS_KEPT + 5));
        maildir_release(maildirs_open(&kept, &mailbox));
    }
    cr_expect_eq(kept.n, MAILDIRS_KEPT);
    cr_expect_str_eq(kept.v[0]->path, path);
    for (size_t i = 0; i < kept.n; i++)
        cr_expect_eq(kept.v[i]->users, 1);
    maildirs_release(&kept);
}
