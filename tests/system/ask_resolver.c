/*
 * For tests: starts a resolver as tarryd would, and asks it as smtpd and queue
 * would.
 *
 *   ask_resolver PROGRAM CONFIGURATION
 *
 * reads commands from standard input, a line each:
 *
 *   ask ADDRESS    one question
 *   mx DOMAIN [OURS ...]  another, with names and addresses that are ours
 *   hangup         close smtpd's channel, and give the resolver a new one
 *   garble         a question without an address
 *   reload FILE    settings anew
 *   stats          the resolver's counters
 *   stop           tell it to stop
 *
 * and writes a line for what happens: "ready", "refused WHY",
 * "named ADDRESS verified|none|unknown NAME MS" ("-" for no name),
 * "mx ID found|null|none|self|unknown SEC [PREFERENCE/HOST/ADDRESS ...]" (ids
 * count the mx commands from 0),
 * "closed" (smtpd's channel, by the resolver), "stats QUESTIONS CACHED VERIFIED
 * TIMEOUTS", "exit CODE" or "killed SIGNAL". Its own end is the end of the
 * resolver.
 */
#include "lib/chan.h"
#include "lib/child.h"
#include "lib/log.h"
#include "lib/netaddr.h"
#include "lib/stats.h"

#include <err.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUESTIONS 100000

static struct event_base *base;
static struct chan *resolver, *peer, *queue;
static uint64_t nmx;
static int page; /* of the counters */
static pid_t pid;
static struct question {
    char address[NETADDR_TEXT];
    int64_t asked_ms;
} questions[QUESTIONS];
static size_t nquestions;
static struct msg_out out;

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Moves a descriptor to a number, where exec leaves it open. */
static void place(int fd, int number)
{
    if (fd == number ? fcntl(fd, F_SETFD, 0) < 0 : dup2(fd, number) < 0)
        err(1, "descriptor %d", number);
}

static int start(const char *program)
{
    int pair[2], stats = stats_create();

    if (stats < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        err(1, "cannot start");
    page = fcntl(stats, F_DUPFD_CLOEXEC, 20);
    pid = fork();
    if (pid == 0) {
        /* Out of the way of 3 and 4 first. */
        stats = fcntl(stats, F_DUPFD_CLOEXEC, 10);
        pair[1] = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
        place(pair[1], CHILD_FD_PARENT);
        place(stats, CHILD_FD_STATS);
        execl(program, program, (char *)NULL);
        err(1, "%s", program);
    }
    close(pair[1]);
    close(stats);
    return pair[0];
}

static void report_exit(void)
{
    int status;

    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        printf("killed %d\n", WTERMSIG(status));
    else
        printf("exit %d\n", WEXITSTATUS(status));
    fflush(stdout);
    exit(0);
}

static void on_resolver(struct chan *c, struct msg *m, void *arg)
{
    char why[4096];

    (void)c, (void)arg;
    if (m->type == MSG_READY) {
        puts("ready");
    } else if (msg_get_str(&m->in, why, sizeof(why))) {
        printf("refused %s\n", why);
    }
    fflush(stdout);
}

static void on_resolver_closed(struct chan *c, const char *why, void *arg)
{
    (void)c, (void)why, (void)arg;
    report_exit();
}

static void on_named(struct chan *c, struct msg *m, void *arg)
{
    static const char *const words[] = {"verified", "none", "unknown"};
    char name[256];
    uint32_t named;

    (void)c, (void)arg;
    msg_get_u32(&m->in, &named);
    msg_get_str(&m->in, name, sizeof(name));
    if (!msg_done(&m->in) || named > NAMED_UNKNOWN || m->id >= nquestions)
        errx(1, "a malformed answer");
    printf("named %s %s %s %lld\n", questions[m->id].address, words[named],
           name[0] != '\0' ? name : "-",
           (long long)(now_ms() - questions[m->id].asked_ms));
    fflush(stdout);
}

static void on_peer_closed(struct chan *c, const char *why, void *arg)
{
    (void)why, (void)arg;
    chan_free(c);
    peer = NULL;
    puts("closed");
    fflush(stdout);
}

static void on_found(struct chan *c, struct msg *m, void *arg)
{
    static const char *const words[] = {"found", "null", "none", "self",
                                        "unknown"};
    uint32_t verdict, sec, n, preference, family;
    char host[256], text[NETADDR_TEXT];

    (void)c, (void)arg;
    msg_get_u32(&m->in, &verdict);
    msg_get_u32(&m->in, &sec);
    msg_get_u32(&m->in, &n);
    if (verdict > MX_UNKNOWN)
        errx(1, "a malformed answer");
    printf("mx %llu %s %u", (unsigned long long)m->id, words[verdict], sec);
    while (n-- > 0 && !m->in.failed) {
        struct netaddr a = {0};

        msg_get_str(&m->in, host, sizeof(host));
        msg_get_u32(&m->in, &preference);
        msg_get_u32(&m->in, &family);
        a.family = (uint8_t)family;
        msg_get_mem(&m->in, a.octets, family == 4 ? 4 : 16);
        printf(" %u/%s/%s", preference, host,
               netaddr_text(&a, text, sizeof(text)));
    }
    if (!msg_done(&m->in))
        errx(1, "a malformed answer");
    putchar('\n');
    fflush(stdout);
}

static void on_queue_closed(struct chan *c, const char *why, void *arg)
{
    (void)why, (void)arg;
    chan_free(c);
    queue = NULL;
}

static struct chan *new_channel(enum program self, const struct chan_ops *ops)
{
    struct chan *c;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        err(1, "socketpair");
    c = chan_new(base, pair[0], self, PROGRAM_RESOLVER, ops, NULL);
    chan_phase(c, PHASE_RUNNING);
    msg_reset(&out);
    msg_put_u32(&out, self);
    chan_send(resolver, MSG_PEER, 0, &out, pair[1]);
    close(pair[1]);
    return c;
}

static void new_peer(void)
{
    static const struct chan_ops ops = {on_named, on_peer_closed};

    chan_free(peer);
    peer = new_channel(PROGRAM_SMTPD, &ops);
}

static void new_queue(void)
{
    static const struct chan_ops ops = {on_found, on_queue_closed};

    queue = new_channel(PROGRAM_QUEUE, &ops);
}

static void ask_mx(char *line)
{
    char *words[65], *rest;
    size_t n = 0;

    for (char *w = strtok_r(line, " ", &rest); w != NULL && n < 65;
         w = strtok_r(NULL, " ", &rest))
        words[n++] = w;
    if (n == 0 || queue == NULL)
        errx(1, "no domain, or no channel");
    msg_reset(&out);
    msg_put_str(&out, words[0]);
    msg_put_u32(&out, (uint32_t)n - 1);
    for (size_t i = 1; i < n; i++)
        msg_put_str(&out, words[i]);
    chan_send(queue, MSG_MX, nmx++, &out, -1);
}

static void configure(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        err(1, "%s", file);
    msg_reset(&out);
    msg_put_str(&out, file);
    chan_send(resolver, MSG_CONFIG, 0, &out, fd);
    close(fd);
}

static void ask(const char *text)
{
    struct netaddr a;

    if (nquestions == QUESTIONS || peer == NULL || !netaddr_parse(text, &a))
        errx(1, "cannot ask for %s", text);
    snprintf(questions[nquestions].address, NETADDR_TEXT, "%s", text);
    questions[nquestions].asked_ms = now_ms();
    msg_reset(&out);
    msg_put_u32(&out, a.family);
    msg_put_mem(&out, a.octets, a.family == 4 ? 4 : 16);
    chan_send(peer, MSG_NAME, nquestions++, &out, -1);
}

static void garble(void)
{
    msg_reset(&out);
    msg_put_u32(&out, 5);
    msg_put_u32(&out, 0);
    chan_send(peer, MSG_NAME, 0, &out, -1);
}

static void print_stats(void)
{
    uint64_t n[STAT_COUNT];

    if (stats_read(page, n) != 0)
        err(1, "the counters");
    printf("stats %llu %llu %llu %llu\n", (unsigned long long)n[STAT_QUESTIONS],
           (unsigned long long)n[STAT_CACHED],
           (unsigned long long)n[STAT_VERIFIED],
           (unsigned long long)n[STAT_TIMEOUTS]);
    fflush(stdout);
}

static void command(char *line)
{
    if (strncmp(line, "ask ", 4) == 0) {
        ask(line + 4);
    } else if (strncmp(line, "mx ", 3) == 0) {
        ask_mx(line + 3);
    } else if (strncmp(line, "reload ", 7) == 0) {
        configure(line + 7);
        chan_send(resolver, MSG_GO, 0, NULL, -1);
    } else if (strcmp(line, "hangup") == 0) {
        new_peer();
    } else if (strcmp(line, "garble") == 0) {
        garble();
    } else if (strcmp(line, "stats") == 0) {
        print_stats();
    } else if (strcmp(line, "stop") == 0) {
        chan_send(resolver, MSG_STOP, 0, NULL, -1);
    } else {
        errx(1, "no such command: %s", line);
    }
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
    static char buf[65536];
    static size_t have;
    char *line = buf, *end;
    ssize_t n = read(fd, buf + have, sizeof(buf) - have);

    (void)what, (void)arg;
    if (n <= 0)
        exit(0); /* and the resolver with us */
    have += (size_t)n;
    while ((end = memchr(line, '\n', have - (size_t)(line - buf))) != NULL) {
        *end = '\0';
        command(line);
        line = end + 1;
    }
    have -= (size_t)(line - buf);
    memmove(buf, line, have);
}

int main(int argc, char **argv)
{
    static const struct chan_ops ops = {on_resolver, on_resolver_closed};
    struct event *input;

    if (argc != 3)
        errx(2, "usage: ask_resolver program configuration");
    log_open("ask_resolver");
    base = event_base_new();
    resolver = chan_new(base, start(argv[1]), PROGRAM_PARENT, PROGRAM_RESOLVER,
                        &ops, NULL);
    configure(argv[2]);
    new_peer();
    new_queue();
    chan_send(resolver, MSG_GO, 0, NULL, -1);
    chan_phase(resolver, PHASE_RUNNING);
    input = event_new(base, 0, EV_READ | EV_PERSIST, on_input, NULL);
    event_add(input, NULL);
    event_base_dispatch(base);
    return 1;
}
