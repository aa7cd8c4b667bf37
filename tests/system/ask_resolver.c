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
#include "lib/log.h"
#include "lib/netaddr.h"
#include "lib/stats.h"
#include "tests/driver/parent.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUESTIONS 100000

static struct chan *peer, *queue;
static uint64_t nmx;
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

static void new_peer(void)
{
    static const struct chan_ops ops = {on_named, on_peer_closed};

    chan_free(peer);
    peer = parent_peer(PROGRAM_SMTPD, &ops);
}

static void new_queue(void)
{
    static const struct chan_ops ops = {on_found, on_queue_closed};

    queue = parent_peer(PROGRAM_QUEUE, &ops);
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

    parent_stats(n);
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
        parent_configure(line + 7);
        parent_send(MSG_GO);
    } else if (strcmp(line, "hangup") == 0) {
        new_peer();
    } else if (strcmp(line, "garble") == 0) {
        garble();
    } else if (strcmp(line, "stats") == 0) {
        print_stats();
    } else if (strcmp(line, "stop") == 0) {
        parent_send(MSG_STOP);
    } else {
        errx(1, "no such command: %s", line);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: ask_resolver program configuration");
    log_open("ask_resolver");
    parent_start(argv[1], PROGRAM_RESOLVER, argv[2]);
    new_peer();
    new_queue();
    parent_send(MSG_GO);
    parent_run(command);
    return 1;
}
