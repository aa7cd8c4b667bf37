/* The log: one line an event, and nothing a stranger sends gets out of it. */
#include "lib/log.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int saved;
static int pipes[2];

static void redirect(void)
{
    cr_assert_eq(pipe(pipes), 0);
    saved = dup(STDERR_FILENO);
    dup2(pipes[1], STDERR_FILENO);
    setenv("TARRY_LOG", "plain", 1);
    log_open("test");
}

/* What was written since redirect(). */
static const char *written(void)
{
    static char text[8192];
    ssize_t n;

    dup2(saved, STDERR_FILENO);
    close(pipes[1]);
    n = read(pipes[0], text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

Test(log, writes_name_pid_event_and_values_on_one_line)
{
    struct log_line l;
    char expected[128];

    redirect();
    log_begin(&l, LOG_LEVEL_INFO, "rcpt");
    log_str(&l, "to", "a@b");
    log_int(&l, "n", -3);
    log_end(&l);
    snprintf(expected, sizeof(expected), "test[%d]: event=rcpt to=a@b n=-3\n",
             (int)getpid());
    cr_assert_str_eq(written(), expected);
}

Test(log, keeps_a_strangers_octets_inside_their_value)
{
    struct log_line l;
    const char *text;

    redirect();
    log_begin(&l, LOG_LEVEL_INFO, "x");
    log_mem(&l, "helo", "a\" b\nevent=fake \x1b[2J\0\xff", 22);
    log_str(&l, "empty", "");
    log_end(&l);
    text = written();
    cr_assert_not_null(
        strstr(text, "helo=\"a\\\" b\\x0aevent=fake \\x1b[2J\\x00\\xff\""),
        "%s", text);
    cr_assert_not_null(strstr(text, "empty=\"\""));
    cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1);
}

Test(log, cuts_a_line_that_is_too_long)
{
    struct log_line l;
    char big[4000];
    const char *text;

    memset(big, 'x', sizeof(big));
    redirect();
    log_begin(&l, LOG_LEVEL_INFO, "x");
    log_mem(&l, "big", big, sizeof(big));
    log_str(&l, "after", "y");
    log_end(&l);
    text = written();
    cr_assert(strlen(text) <= sizeof(l.text));
    cr_assert_str_eq(text + strlen(text) - 4, "...\n");
}

Test(log, gathers_lines_between_hold_and_release)
{
    const char *text;

    redirect();
    log_hold();
    for (int i = 0; i < 3; i++)
        log_info("%d", i);
    cr_assert_eq(poll(&(struct pollfd){pipes[0], POLLIN, 0}, 1, 0), 0);
    log_release();
    log_info("end");
    text = written();
    cr_expect(strstr(text, "text=0\n") != NULL, "%s", text);
    cr_expect(strstr(text, "text=2\n") < strstr(text, "text=end\n"));
}
