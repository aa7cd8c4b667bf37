/*
 * A parent for tests: descriptors, channels and messages as tarryd gives them
 * to a program that it starts.  See parent.h.
 */
#include "tests/driver/parent.h"

#include "lib/child.h"

#include <err.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct event_base *base;
static struct chan *child;
static enum program who;
static int page; /* of its counters */
static pid_t pid;
static struct msg_out out;
static void (*on_command)(char *line);

/* Moves a descriptor to a number, where exec leaves it open. */
static void place(int fd, int number)
{
    if (fd == number ? fcntl(fd, F_SETFD, 0) < 0 : dup2(fd, number) < 0)
        err(1, "descriptor %d", number);
}

static void make_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        err(1, "socketpair");
}

/* Returns our end of the channel. */
static int start(const char *path)
{
    int pair[2], stats = stats_create();

    if (stats < 0)
        err(1, "no counters");
    make_pair(pair);
    page = fcntl(stats, F_DUPFD_CLOEXEC, 20);
    pid = fork();
    if (pid == 0) {
        /* Out of the way of 3 and 4 first. */
        stats = fcntl(stats, F_DUPFD_CLOEXEC, 10);
        pair[1] = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
        place(pair[1], CHILD_FD_PARENT);
        place(stats, CHILD_FD_STATS);
        execl(path, path, (char *)NULL);
        err(1, "%s", path);
    }
    close(pair[1]);
    close(stats);
    return pair[0];
}

static void on_child(struct chan *c, struct msg *m, void *arg)
{
    char why[4096];

    (void)c, (void)arg;
    if (m->type == MSG_READY)
        puts("ready");
    else if (msg_get_str(&m->in, why, sizeof(why)))
        printf("refused %s\n", why);
    fflush(stdout);
}

static void on_child_closed(struct chan *c, const char *why, void *arg)
{
    int status;

    (void)c, (void)why, (void)arg;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        printf("killed %d\n", WTERMSIG(status));
    else
        printf("exit %d\n", WEXITSTATUS(status));
    fflush(stdout);
    exit(0);
}

void parent_start(const char *path, enum program program,
                  const char *configuration)
{
    static const struct chan_ops ops = {on_child, on_child_closed};

    who = program;
    base = event_base_new();
    child = chan_new(base, start(path), PROGRAM_PARENT, program, &ops, NULL);
    parent_configure(configuration);
}

void parent_configure(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        err(1, "%s", file);
    msg_reset(&out);
    msg_put_str(&out, file);
    chan_send(child, MSG_CONFIG, 0, &out, fd);
    close(fd);
}

void parent_send(enum msg_type type)
{
    chan_send(child, type, 0, NULL, -1);
}

struct chan *parent_peer(enum program self, const struct chan_ops *ops)
{
    struct chan *c;
    int pair[2];

    make_pair(pair);
    c = chan_new(base, pair[0], self, who, ops, NULL);
    chan_phase(c, PHASE_RUNNING);
    msg_reset(&out);
    msg_put_u32(&out, self);
    msg_put_u32(&out, 1);
    chan_send(child, MSG_PEER, 0, &out, pair[1]);
    close(pair[1]);
    return c;
}

void parent_stats(uint64_t counters[STAT_COUNT])
{
    if (stats_read(page, counters) != 0)
        err(1, "the counters");
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
    static char buf[65536];
    static size_t have;
    char *line = buf, *end;
    ssize_t n = read(fd, buf + have, sizeof(buf) - have);

    (void)what, (void)arg;
    if (n <= 0)
        exit(0); /* and the program with us */
    have += (size_t)n;
    while ((end = memchr(line, '\n', have - (size_t)(line - buf))) != NULL) {
        *end = '\0';
        on_command(line);
        line = end + 1;
    }
    have -= (size_t)(line - buf);
    memmove(buf, line, have);
}

void parent_run(void (*command)(char *line))
{
    struct event *input =
        event_new(base, 0, EV_READ | EV_PERSIST, on_input, NULL);

    on_command = command;
    chan_phase(child, PHASE_RUNNING);
    event_add(input, NULL);
    event_base_dispatch(base);
}
