/* The pages of counters that a child writes and the parent reads. */
#include "lib/stats.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Test(stats, has_a_name_and_a_program_for_each_counter)
{
    for (int i = 0; i < STAT_COUNT; i++) {
        cr_assert_not_null(stat_names[i].name, "counter %d", i);
        cr_assert_neq(stat_names[i].program, PROGRAM_PARENT, "%s",
                      stat_names[i].name);
        for (int j = 0; j < i; j++)
            cr_assert(stat_names[i].program != stat_names[j].program ||
                          strcmp(stat_names[i].name, stat_names[j].name) != 0,
                      "%s twice", stat_names[i].name);
    }
}

Test(stats, shows_the_parent_what_a_child_counted_also_after_its_death)
{
    uint64_t n[STAT_COUNT];
    int fd = stats_create(), status;
    pid_t pid = fork();

    if (pid == 0) {
        stats_add(STAT_MESSAGES, 100); /* before it has its page: not seen */
        stats_use(fd);
        stats_add(STAT_MESSAGES, 3);
        stats_add(STAT_SESSIONS, 2);
        stats_add(STAT_SESSIONS, -1);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    cr_assert_eq(stats_read(fd, n), 0);
    cr_assert_eq(n[STAT_MESSAGES], 3);
    cr_assert_eq(n[STAT_SESSIONS], 1);
    cr_assert_eq(n[STAT_DELIVERED], 0);
    close(fd);
}

Test(stats, cannot_be_shrunk_under_its_reader)
{
    int fd = stats_create();

    cr_assert_neq(ftruncate(fd, 0), 0);
    close(fd);
}
