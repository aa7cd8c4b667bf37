/*
 * The start: everything that can fail is done before the first program runs,
 * while the terminal still listens, and each failure names the file and the
 * option.
 *
 * The parent stays root, reads nothing from the network and nothing from
 * mail, and carries no traffic.
 */
#include "lib/log.h"
#include "tarryd/check.h"
#include "tarryd/control.h"
#include "tarryd/daemon.h"
#include "tarryd/listeners.h"
#include "tarryd/spawn.h"
#include "tarryd/tarryd.h"
#include "tarryd/trial.h"
#include "tarryd/unix.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define SUBMIT_BACKLOG 128

static void show(const char *text)
{
    fprintf(stderr, "%s\n", text);
}

/* smtpd holds a descriptor or two for each connection. */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Reads and checks; EX_OK with t->settings, or the mistakes in the report. */
static int prepare(struct tarryd *t, struct report *r)
{
    t->settings = settings_read(t->file, r);
    if (t->settings != NULL) {
        check_user(t->settings->conf, r);
        check_mailboxes(t->settings->conf, r);
    }
    return report_empty(r) ? EX_OK : EX_CONFIG;
}

/* What needs rights, folders and addresses. *control: the socket. */
static int acquire(struct tarryd *t, struct report *r, int *control)
{
    const struct conf *c = t->settings->conf;
    struct inherited inherited;
    char tried[8192];
    int code;

    inherited_take(&inherited);
    if (spawn_find(tried, sizeof(tried)) != 0) {
        report_add(r, "tarryd: its programs are in none of %s", tried);
        return EX_OSFILE;
    }
    if (check_state(c, r) != 0)
        return EX_CONFIG;
    *control = control_open(c, r, &code);
    if (*control < 0)
        return code;
    /* The control socket says that we are the only one. */
    t->submit = unix_listen(c->queue.socket, false, 0666, SUBMIT_BACKLOG,
                            c->file, "queue socket", r, &code);
    if (t->submit < 0)
        return code;
    code = listeners_open(t->settings, NULL, &inherited, r);
    inherited_close(&inherited);
    return code;
}

/* Into the background, with the log to syslog. */
static int detach(struct tarryd *t)
{
    t->tell = daemon_detach();
    if (t->tell < 0 || daemon_syslog() != 0) {
        log_error("cannot run in the background: /dev/log: %s (-F stays in "
                  "the foreground)",
                  strerror(errno));
        return EX_OSERR;
    }
    log_open("tarryd");
    return EX_OK;
}

static int check_only(struct tarryd *t, struct report *r)
{
    check_state_only(t->settings->conf, r);
    trial(t->settings, r);
    report_each(r, show);
    if (report_empty(r))
        printf("%s: fine\n", t->file);
    settings_free(t->settings);
    return report_empty(r) ? EX_OK : EX_CONFIG;
}

int tarryd_run(const struct options *o)
{
    static struct tarryd t;
    static struct report mistakes;
    int control = -1, code;

    t.tell = t.submit = -1;
    t.file = o->file;
    daemon_descriptors();
    daemon_journal();
    log_open("tarryd");
    signal(SIGPIPE, SIG_IGN);
    umask(022); /* folders above state must let its user through */
    code = prepare(&t, &mistakes);
    if (code == EX_OK && o->check_only)
        return check_only(&t, &mistakes);
    raise_limit();
    if (code == EX_OK)
        code = acquire(&t, &mistakes, &control);
    report_each(&mistakes, show);
    if (code == EX_OK && !o->foreground)
        code = detach(&t);
    if (o->foreground)
        daemon_unblock_log();
    if (code == EX_OK) {
        code = tarryd_serve(&t, control);
    } else if (control >= 0) {
        close(control);
    }
    if (control >= 0)
        unlink(t.settings->conf->control.socket);
    if (t.submit >= 0)
        unlink(t.settings->conf->queue.socket);
    if (t.tell >= 0)
        daemon_tell(t.tell, code);
    settings_free(t.settings);
    return code;
}
