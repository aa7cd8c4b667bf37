/*
 * Turns: a client that sends without end does not have smtpd for itself.
 *
 * Its socket is played here: whatever is read, there is more, and what it is
 * told is taken.  While it is read for the first time, the command of another
 * client arrives; how often is it read before that one is answered?
 */
#include "smtpd/server.h"

#include <criterion/criterion.h>
#include <event2/event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENOUGH 1000 /* reads: then the endless client goes away after all */

static struct server server;
static struct child child;
static int endless[2], other[2]; /* ours, the client's */
static const char *says;         /* what the endless one repeats */
static unsigned reads, reads_before_the_other;

/* In the place of the C library's. */
ssize_t recv(int fd, void *buf, size_t size, int flags)
{
    static size_t at;
    size_t len = strlen(says);

    if (fd != endless[0])
        return syscall(SYS_recvfrom, fd, buf, size, flags, NULL, NULL);
    if (reads++ == 0)
        cr_assert_eq(write(other[1], "NOOP\r\n", 6), 6);
    for (size_t i = 0; i < size; i++)
        ((char *)buf)[i] = says[at++ % len];
    return reads < ENOUGH ? (ssize_t)size : 0;
}

ssize_t send(int fd, const void *buf, size_t size, int flags)
{
    (void)buf, (void)flags;
    if (fd == other[0] && reads > 0) {
        reads_before_the_other = reads;
        event_base_loopbreak(child.base);
    }
    return (ssize_t)size;
}

static struct conf *settings(void)
{
    static const char text[] = "hostname = \"mx.example.org\"\n"
                               "listen = { \"127.0.0.1:2525\" }\n"
                               "state = \"/nowhere\"\n"
                               "domains = { \"example.org\" }\n"
                               "mailboxes = \"/elsewhere/%u\"\n";
    int fd = memfd_create("conf", 0);
    char err[512];
    struct conf *c;

    cr_assert_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    c = conf_read_fd("tarry.conf", fd, err, sizeof(err));
    cr_assert_not_null(c, "%s", err);
    close(fd);
    return c;
}

static void enter(int pair[2])
{
    struct netaddr nobody = {.family = 0};

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    cr_assert(clients_enter(server.clients, &nobody, 10));
    cr_assert_not_null(conn_new(&server, pair[0], &nobody, &nobody, false));
}

static void open_house(void)
{
    static struct settings s = {.users = 1, .limits.errors = 10};

    s.conf = settings();
    child.base = event_base_new();
    server.child = &child;
    server.settings = &s;
    server.table = calloc(CONN_MAX, sizeof(struct conn *));
    server.clients = clients_new(CONN_MAX);
    enter(endless);
    enter(other);
}

TestSuite(turns, .init = open_house);

static void flood(const char *command)
{
    says = command;
    cr_assert_eq(write(endless[1], "x", 1), 1); /* an event at its socket */
    event_base_loop(child.base, EVLOOP_NONBLOCK);
    cr_assert_gt(reads_before_the_other, 0);
    cr_assert_leq(reads_before_the_other, 32, "%u", reads_before_the_other);
}

Test(turns, one_who_sends_commands_without_end_lets_others_in)
{
    flood("NOOP\r\n");
}

Test(turns, one_who_is_no_longer_heard_does_too)
{
    flood("QUIT\r\n");
}
