/*
 * The life of a program started by tarryd: settings in, sandbox closed,
 * serve, reload, stop.  See child.h for the order of messages.
 *
 * When the channel to the parent closes, the parent is gone, and so are we:
 * no program outlives it and serves under settings that nobody can change.
 */
#include "lib/child.h"
#include "lib/log.h"
#include "lib/stats.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static void setup_release(struct setup *s)
{
    for (size_t i = 0; i < s->nfiles; i++)
        if (s->files[i].fd >= 0)
            close(s->files[i].fd);
    for (size_t i = 0; i < s->nlisteners; i++)
        if (s->listeners[i].fd >= 0)
            close(s->listeners[i].fd);
    conf_free(s->conf);
    memset(s, 0, sizeof(*s));
}

/* Keeps the reason in err; the GO that follows answers with it. */
static void take_config(struct child *c, struct msg *m, char *err, size_t size)
{
    char name[1024];

    conf_free(c->setup.conf);
    c->setup.conf = NULL;
    if (msg_get_str(&m->in, name, sizeof(name)) && msg_done(&m->in))
        c->setup.conf = conf_read_fd(name, m->fd, err, size);
    close(m->fd);
}

static void take_file(struct child *c, struct msg *m)
{
    struct setup_file *f;
    uint32_t kind, index;

    if (c->setup.nfiles == SETUP_FILES)
        fatal(EX_CONFIG, "more than %d files named", SETUP_FILES);
    f = &c->setup.files[c->setup.nfiles];
    msg_get_u32(&m->in, &kind);
    msg_get_u32(&m->in, &index);
    msg_get_str(&m->in, f->path, sizeof(f->path));
    if (!msg_done(&m->in))
        fatal(EX_SOFTWARE, "the parent sent a malformed FILE");
    f->kind = (enum file_kind)kind;
    f->index = index;
    f->fd = m->fd;
    c->setup.nfiles++;
}

static void take_listener(struct child *c, struct msg *m)
{
    struct setup_listener *l;
    uint32_t index;

    if (c->setup.nlisteners == SETUP_LISTENERS)
        fatal(EX_CONFIG, "more than %d listeners", SETUP_LISTENERS);
    l = &c->setup.listeners[c->setup.nlisteners++];
    msg_get_u32(&m->in, &index);
    l->index = index;
    l->fd = m->fd;
}

static void take_peer(struct child *c, struct msg *m)
{
    uint32_t program, number;

    msg_get_u32(&m->in, &program);
    msg_get_u32(&m->in, &number);
    if (program >= PROGRAM_COUNT || c->ops->peer == NULL) {
        close(m->fd);
        return;
    }
    c->ops->peer(c, (enum program)program, m->fd);
    c->channels[program] = number; /* now: the old one was still lost */
}

static void take_control(struct child *c, struct msg *m)
{
    char command[1024 + 1];

    if (msg_get_str(&m->in, command, sizeof(command)) && msg_done(&m->in) &&
        c->ops->control != NULL && !c->stopping)
        c->ops->control(c, m->fd, command);
    else
        close(m->fd);
}

/* After the first settings: closes the sandbox and begins to serve. */
static void begin(struct child *c)
{
    struct sandbox s = {0};

    c->ops->sandbox(c, &s);
    sandbox_enter(&s);
    c->running = true;
    if (c->ops->start != NULL)
        c->ops->start(c);
}

static bool configure(struct child *c, char *err, size_t size)
{
    return c->setup.conf != NULL &&
           c->ops->configure(c, &c->setup, err, size) == 0;
}

static void refuse(struct child *c, const char *why)
{
    static struct msg_out out;

    msg_reset(&out);
    msg_put_str(&out, why);
    chan_send(c->parent, MSG_REFUSED, 0, &out, -1);
}

static void try_settings(struct child *c, char *err, size_t size)
{
    c->trying = c->stopping = true;
    if (configure(c, err, size))
        chan_send(c->parent, MSG_READY, 0, NULL, -1);
    else
        refuse(c, err);
    child_exit(c);
}

static void go(struct child *c, char *err, size_t size)
{
    if (!configure(c, err, size)) {
        if (!c->running)
            fatal(EX_CONFIG, "%s", err);
        refuse(c, err);
    } else {
        if (!c->running)
            begin(c);
        chan_phase(c->parent, PHASE_RUNNING);
        chan_send(c->parent, MSG_READY, 0, NULL, -1);
    }
    setup_release(&c->setup);
    err[0] = '\0';
}

static void on_parent(struct chan *ch, struct msg *m, void *arg)
{
    static char err[4096];
    struct child *c = arg;

    (void)ch;
    switch (m->type) {
    case MSG_CONFIG:
        take_config(c, m, err, sizeof(err));
        break;
    case MSG_FILE:
        take_file(c, m);
        break;
    case MSG_LISTEN:
        take_listener(c, m);
        break;
    case MSG_PEER:
        take_peer(c, m);
        break;
    case MSG_GO:
        go(c, err, sizeof(err));
        break;
    case MSG_TRY:
        try_settings(c, err, sizeof(err));
        break;
    case MSG_CONTROL:
        take_control(c, m);
        break;
    case MSG_PING:
        chan_send(c->parent, MSG_PONG, 0, NULL, -1);
        break;
    default: /* MSG_STOP: the table lets nothing else through */
        if (!c->stopping) {
            c->stopping = true;
            c->ops->stop(c);
        }
    }
}

static void on_parent_closed(struct chan *ch, const char *why, void *arg)
{
    (void)ch, (void)arg;
    fatal(EX_UNAVAILABLE, "the parent is gone (%s)", why);
}

/* There is one in each process. */
static struct child self;

int child_run(enum program program, const struct child_ops *ops)
{
    static const struct chan_ops parent_ops = {on_parent, on_parent_closed};

    log_open(program_name(program));
    if (fcntl(CHILD_FD_PARENT, F_GETFD) < 0) {
        log_error("%s is started by tarryd, not by hand",
                  program_name(program));
        return EX_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* Ctrl-C goes to the parent, which says STOP */
    stats_use(CHILD_FD_STATS);
    self.self = program;
    self.ops = ops;
    self.base = event_base_new();
    if (self.base == NULL)
        fatal(EX_OSERR, "no event loop");
    self.parent = chan_new(self.base, CHILD_FD_PARENT, program, PROGRAM_PARENT,
                           &parent_ops, &self);
    event_base_dispatch(self.base);
    chan_free(self.parent);
    event_base_free(self.base);
    return self.stopping ? EX_OK : EX_SOFTWARE;
}

void child_lost(enum program peer)
{
    static struct msg_out out;

    msg_reset(&out);
    msg_put_u32(&out, peer);
    msg_put_u32(&out, self.channels[peer]);
    if (self.running)
        chan_send(self.parent, MSG_LOST, 0, &out, -1);
}

void child_exit(struct child *c)
{
    event_base_loopbreak(c->base);
}
