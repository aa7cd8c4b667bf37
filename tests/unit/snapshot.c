#include "tarryd/snapshot.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/snapshot-XXXXXX";

static void make(void)
{
    int fd = mkstemp(path);

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "before", 6), 6);
    close(fd);
}

static void clean(void)
{
    unlink(path);
}

TestSuite(snapshot, .init = make, .fini = clean);

static void expect(int fd, const char *text)
{
    char buf[32] = "";

    cr_assert_eq(read(fd, buf, sizeof(buf) - 1), (ssize_t)strlen(text));
    cr_assert_str_eq(buf, text);
}

Test(snapshot, keeps_its_bytes_when_the_file_is_rewritten_in_place)
{
    struct stat seen;
    int fd = snapshot_take(path, 100, &seen), file;

    file = open(path, O_WRONLY | O_TRUNC);
    cr_assert_eq(write(file, "after", 5), 5);
    close(file);
    expect(snapshot_open(fd), "before");
}

Test(snapshot, is_read_from_its_beginning_by_everybody)
{
    struct stat seen;
    int fd = snapshot_take(path, 100, &seen);

    expect(snapshot_open(fd), "before");
    expect(snapshot_open(fd), "before");
}

Test(snapshot, cannot_be_changed_by_who_is_given_it)
{
    struct stat seen;
    int fd = snapshot_take(path, 100, &seen), given = snapshot_open(fd);

    cr_assert_lt(write(given, "x", 1), 0);
    cr_assert_lt(pwrite(fd, "x", 1, 0), 0);
    cr_assert_neq(ftruncate(fd, 0), 0);
}

Test(snapshot, takes_a_file_of_exactly_the_limit_and_refuses_one_octet_more)
{
    struct stat seen;

    cr_assert_geq(snapshot_take(path, 6, &seen), 0);
    cr_assert_lt(snapshot_take(path, 5, &seen), 0);
    cr_assert_eq(errno, EFBIG);
}

Test(snapshot, says_why_a_file_cannot_be_read)
{
    struct stat seen;

    cr_assert_lt(snapshot_take("/nonexistent", 5, &seen), 0);
    cr_assert_eq(errno, ENOENT);
    cr_assert_lt(snapshot_take("/", 5, &seen), 0);
    cr_assert_eq(errno, EISDIR);
}
