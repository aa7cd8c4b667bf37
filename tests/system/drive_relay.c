/*
 * For tests: starts a relay as tarryd would, and gives it jobs as queue would.
 *
 *   drive_relay PROGRAM CONFIGURATION
 *
 * reads commands from standard input, a line each. These describe a job:
 *
 *   set helo|sender|envid|size|rate|first|source VALUE
 *   flags [tls] [verified] [8bit] [utf8] [full] [hdrs]
 *   time NUMBER MS             one of enum job_time
 *   times MS                   all of them
 *   address HOST ADDRESS PORT  one more
 *   rcpt ADDRESS [NOTIFY-BITS [ORCPT]]
 *   clear                      no addresses, no recipients
 *
 * and these do something:
 *
 *   job FILE    send it, with that message; ids count from 1
 *   end         no more jobs
 *   stop        as tarryd stops it
 *   hangup      queue is gone; says "hung up" when it is
 *   garble      a job that is none
 *
 * It writes a line for what happens: "ready", "refused WHY", "dot ID",
 * "result ID INDEX OUTCOME STEP FLAGS HOST ADDRESS REPLY" (" | " between
 * lines, "-" for nothing), "done ID MORE WHY", "closed" (queue's channel),
 * "exit CODE" or "killed SIGNAL". Its own end is the end of the relay.
 */
#include "lib/log.h"
#include "queue/job.h"
#include "tests/driver/parent.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct chan *peer;
static struct job job;
static uint64_t last_id;
static struct msg_out out;

static const char *or_dash(const char *s)
{
    return s[0] != '\0' ? s : "-";
}

static void print_result(uint64_t id, struct msg *m)
{
    char address[NETADDR_TEXT];
    struct job_result r;

    if (!job_result_get(&m->in, &r))
        errx(1, "a malformed result");
    printf("result %llu %u %s %s %u %s %s ", (unsigned long long)id, r.index,
           job_outcome_name(r.outcome), job_step_name(r.step), r.flags,
           or_dash(r.host), netaddr_text(&r.address, address, sizeof(address)));
    for (const char *s = r.reply; *s != '\0'; s++)
        if (*s == '\n')
            fputs(" | ", stdout);
        else
            putchar(*s);
    putchar('\n');
}

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    char why[1024];
    uint32_t more;

    (void)c, (void)arg;
    if (m->type == MSG_RESULT) {
        print_result(m->id, m);
    } else if (m->type == MSG_DOT) {
        printf("dot %llu\n", (unsigned long long)m->id);
    } else {
        msg_get_u32(&m->in, &more);
        if (!msg_get_str(&m->in, why, sizeof(why)) || !msg_done(&m->in))
            errx(1, "a malformed JOB_DONE");
        for (char *s = why; (s = strchr(s, '\n')) != NULL; s++)
            *s = ' ';
        printf("done %llu %u %s\n", (unsigned long long)m->id, more,
               or_dash(why));
    }
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

static void new_peer(void)
{
    static const struct chan_ops ops = {on_message, on_peer_closed};

    peer = parent_peer(PROGRAM_QUEUE, &ops);
}

static void set(const char *key, const char *value)
{
    if (strcmp(key, "helo") == 0)
        snprintf(job.helo, sizeof(job.helo), "%s", value);
    else if (strcmp(key, "sender") == 0)
        snprintf(job.sender, sizeof(job.sender), "%s", value);
    else if (strcmp(key, "envid") == 0)
        snprintf(job.envid, sizeof(job.envid), "%s", value);
    else if (strcmp(key, "size") == 0)
        job.size = strtoull(value, NULL, 10);
    else if (strcmp(key, "first") == 0)
        job.first = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(key, "rate") == 0)
        job.minimum_rate = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(key, "source") != 0 ||
             !netaddr_parse(value, strchr(value, ':') != NULL ? &job.source6
                                                              : &job.source4))
        errx(1, "cannot set %s", key);
}

static void set_flags(char *words)
{
    static const char *const names[] = {"tls",  "verified", "8bit",
                                        "utf8", "full",     "hdrs"};

    char *rest;

    job.flags = 0;
    for (char *w = strtok_r(words, " ", &rest); w != NULL;
         w = strtok_r(NULL, " ", &rest))
        for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (strcmp(w, names[i]) == 0)
                job.flags |= 1u << i;
}

static void add_address(const char *line)
{
    struct job_address *a = &job.addresses[job.naddresses++];
    char text[NETADDR_TEXT];

    if (job.naddresses > JOB_ADDRESSES ||
        sscanf(line, "%255s %45s %hu", a->host, text, &a->port) != 3 ||
        !netaddr_parse(text, &a->address))
        errx(1, "not an address: %s", line);
}

static void add_recipient(const char *line)
{
    struct job_recipient *r = &job.recipients[job.nrecipients++];

    memset(r, 0, sizeof(*r));
    if (job.nrecipients > JOB_RECIPIENTS ||
        sscanf(line, "%387s %u %500s", r->address, &r->notify, r->orcpt) < 1)
        errx(1, "not a recipient: %s", line);
}

static void send_job(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        err(1, "%s", file);
    msg_reset(&out);
    job_put(&out, &job);
    if (peer != NULL && chan_send(peer, MSG_JOB, ++last_id, &out, fd) != 0)
        errx(1, "the job cannot be sent");
    close(fd);
}

static void garble(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    msg_reset(&out);
    for (unsigned i = 0; i < 100; i++)
        msg_put_u32(&out, UINT32_MAX);
    chan_send(peer, MSG_JOB, 1, &out, fd);
    close(fd);
}

static void set_times(unsigned ms)
{
    for (size_t i = 0; i < TIME_COUNT; i++)
        job.times_ms[i] = ms;
}

static void command(char *line)
{
    char *rest = strchr(line, ' ');
    unsigned which, ms;

    rest = rest != NULL ? rest + 1 : line + strlen(line);
    if (strncmp(line, "set ", 4) == 0) {
        char *value = strchr(rest, ' ');

        if (value != NULL)
            *value++ = '\0';
        set(rest, value != NULL ? value : "");
    } else if (strncmp(line, "flags", 5) == 0) {
        set_flags(rest);
    } else if (sscanf(line, "time %u %u", &which, &ms) == 2 &&
               which < TIME_COUNT) {
        job.times_ms[which] = ms;
    } else if (sscanf(line, "times %u", &ms) == 1) {
        set_times(ms);
    } else if (strncmp(line, "address ", 8) == 0) {
        add_address(rest);
    } else if (strncmp(line, "rcpt ", 5) == 0) {
        add_recipient(rest);
    } else if (strcmp(line, "clear") == 0) {
        job.naddresses = job.nrecipients = 0;
    } else if (strncmp(line, "job ", 4) == 0) {
        send_job(rest);
    } else if (strcmp(line, "end") == 0) {
        if (peer != NULL)
            chan_send(peer, MSG_END, 0, NULL, -1);
    } else if (strcmp(line, "stop") == 0) {
        parent_send(MSG_STOP);
    } else if (strcmp(line, "hangup") == 0) {
        chan_free(peer);
        peer = NULL;
        puts("hung up");
        fflush(stdout);
    } else if (strcmp(line, "garble") == 0) {
        garble();
    } else {
        errx(1, "no such command: %s", line);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: drive_relay program configuration");
    log_open("drive_relay");
    job_times_default(job.times_ms);
    parent_start(argv[1], PROGRAM_RELAY, argv[2]);
    new_peer();
    parent_send(MSG_GO);
    parent_run(command);
    return 1;
}
