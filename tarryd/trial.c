/*
 * Whether the programs would take the settings, for "tarryd -n".
 *
 * Certificates, aliases and lists of exemptions are read by the programs that
 * need them, and by nobody else; so these are started and asked, with TRY in
 * place of GO.  They leave no trace, and a daemon that runs does not notice.
 */
#include "tarryd/trial.h"
#include "lib/log.h"
#include "lib/stats.h"
#include "tarryd/spawn.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define ANSWER_SEC 30

struct attempt {
    struct event_base *base;
    struct report *report;
    enum program program;
    bool answered;
};

static void on_message(struct chan *c, struct msg *m, void *arg)
{
    struct attempt *a = arg;
    char why[4097];

    if (m->type != MSG_READY && m->type != MSG_REFUSED) {
        chan_violation(c, "an answer out of place");
        return;
    }
    if (m->type == MSG_REFUSED && msg_get_str(&m->in, why, sizeof(why)))
        report_add(a->report, "%s", why);
    a->answered = true;
    event_base_loopbreak(a->base);
}

static void on_closed(struct chan *c, const char *why, void *arg)
{
    struct attempt *a = arg;

    (void)c, (void)why;
    event_base_loopbreak(a->base);
}

static void ask(struct attempt *a, const struct settings *s, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};
    static const struct timeval bound = {.tv_sec = ANSWER_SEC};
    struct chan *c = chan_new(a->base, fd, PROGRAM_PARENT, a->program, &ops, a);

    if (settings_send(s, c) == 0 && chan_send(c, MSG_TRY, 0, NULL, -1) == 0) {
        event_base_loopexit(a->base, &bound);
        event_base_dispatch(a->base);
    }
    if (!a->answered)
        report_add(a->report, "%s does not say whether it takes the settings",
                   program_name(a->program));
    chan_free(c);
}

static void try_program(enum program program, const struct settings *s,
                        struct report *r)
{
    struct attempt a = {.report = r, .program = program};
    int pair[2], stats = stats_create();
    pid_t pid = -1;

    a.base = event_base_new();
    if (a.base == NULL || stats < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        fatal(EX_OSERR, "cannot make a channel: %s", strerror(errno));
    pid = spawn(program, pair[1], stats);
    close(pair[1]);
    close(stats);
    if (pid < 0) {
        report_add(r, "cannot start %s: %s", program_name(program),
                   strerror(errno));
        close(pair[0]);
    } else {
        ask(&a, s, pair[0]);
        kill(pid, SIGKILL); /* it has nothing to lose */
        waitpid(pid, NULL, 0);
    }
    event_base_free(a.base);
}

void trial(const struct settings *s, struct report *r)
{
    static const enum program readers[] = {PROGRAM_SIGNER, PROGRAM_SMTPD,
                                           PROGRAM_DELIVER, PROGRAM_GREYLIST};
    char tried[8192];

    if (spawn_find(tried, sizeof(tried)) != 0) {
        report_add(r, "tarryd: its programs are in none of %s", tried);
        return;
    }
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
        try_program(readers[i], s, r);
}
