/*
 * deliver: the program that holds the Maildirs.
 *
 *   recipients.c    an address -> folders (aliases.c, accounts.c)
 *   transactions.c  the requests of smtpd and of queue
 *   delivery.c      one message: its files, all or none (maildir.c)
 *   flusher.c       the thread that makes many durable at once
 *
 * Here are its settings.  They come whole, are checked whole, and replace the
 * old ones at once; transactions under way keep the folders they have.  What
 * the sandbox was closed with (user, state, the folder of the mailboxes)
 * cannot change until a restart, and a reload that would is refused.
 *
 * deliver opens no socket, and without the name service of the sandboxed
 * world knows only the accounts in /etc/passwd.
 */
#include "queue/deliver.h"

#include "lib/log.h"
#include "queue/identity.h"
#include "queue/prepare.h"
#include "queue/reach.h"
#include "queue/transactions.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct settings {
    struct conf *conf;
    struct recipients recipients;
};

static struct {
    struct settings *now;
    bool root; /* started as root: may act as others */
    uid_t uid; /* whose virtual mailboxes are */
    gid_t gid;
    struct reach reach;
    struct client {
        enum program program;
        struct transactions *transactions;
        int peer; /* a channel that came before start(), or -1 */
        bool idle;
    } clients[2];
    struct child *child;
} self = {.clients = {{.program = PROGRAM_SMTPD, .peer = -1},
                      {.program = PROGRAM_QUEUE, .peer = -1}}};

#define CLIENTS 2

static void settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    aliases_free(s->recipients.aliases);
    accounts_free(s->recipients.accounts);
    conf_free(s->conf);
    free(s);
}

static struct setup_file *find_file(struct setup *setup, enum file_kind kind)
{
    for (size_t i = 0; i < setup->nfiles; i++)
        if (setup->files[i].kind == kind)
            return &setup->files[i];
    return NULL;
}

static int read_aliases(struct settings *s, struct setup *setup, char *err,
                        size_t size)
{
    const struct setup_file *f = find_file(setup, FILE_ALIASES);

    if (s->conf->aliases == NULL)
        return 0;
    if (f == NULL) {
        snprintf(err, size, "aliases: %s was not handed over",
                 s->conf->aliases);
        return -1;
    }
    s->recipients.aliases =
        aliases_read_fd(f->path, f->fd, &s->conf->domains,
                        s->conf->detail_separator, err, size);
    return s->recipients.aliases != NULL ? 0 : -1;
}

static int read_accounts(struct settings *s, struct setup *setup, char *err,
                         size_t size)
{
    const struct setup_file *f = find_file(setup, FILE_PASSWD);

    if (!s->conf->mailboxes_system)
        return 0;
    errno = ENOENT;
    if (f != NULL)
        s->recipients.accounts =
            accounts_read_fd(f->fd, self.root ? 0 : self.uid);
    if (s->recipients.accounts != NULL)
        return 0;
    snprintf(err, size, "mailboxes: the accounts cannot be read: %s",
             strerror(errno));
    return -1;
}

static struct settings *settings_read(struct setup *setup, char *err,
                                      size_t size)
{
    struct settings *s = xcalloc(1, sizeof(*s));

    s->conf = setup->conf;
    setup->conf = NULL;
    s->recipients.conf = s->conf;
    s->recipients.uid = self.uid;
    s->recipients.gid = self.gid;
    if (read_aliases(s, setup, err, size) == 0 &&
        read_accounts(s, setup, err, size) == 0 &&
        recipients_check(&s->recipients, err, size) == 0)
        return s;
    settings_free(s);
    return NULL;
}

/* Who we are, or shall be in the sandbox. */
static int find_identity(const struct conf *conf, char *err, size_t size)
{
    const struct passwd *pw;

    self.root = geteuid() == 0;
    self.uid = geteuid();
    self.gid = getegid();
    if (!self.root)
        return 0;
    if (conf->user == NULL) {
        if (!conf->mailboxes_system)
            return 0;
        snprintf(err, size, "user: must be set to deliver to accounts");
        return -1;
    }
    pw = getpwnam(conf->user);
    if (pw == NULL) {
        snprintf(err, size, "user: there is no %s", conf->user);
        return -1;
    }
    self.uid = pw->pw_uid;
    self.gid = pw->pw_gid;
    return 0;
}

/* The folder only: what is in it, maildir_open() makes. */
static int make_postmaster(const struct conf *conf, char *err, size_t size)
{
    char path[512];

    recipients_postmaster(conf, path, sizeof(path));
    return prepare_folder(path, self.root ? self.uid : (uid_t)-1, self.gid, err,
                          size);
}

static int configure_first(struct child *c, struct setup *setup, char *err,
                           size_t size)
{
    umask(077);
    prepare_descriptors(); /* a message holds one or two */
    if (find_identity(setup->conf, err, size) != 0 ||
        (!c->trying && make_postmaster(setup->conf, err, size) != 0))
        return -1;
    self.now = settings_read(setup, err, size);
    if (self.now == NULL)
        return -1;
    if (self.now->conf->mailboxes_system && !self.root)
        log_info("not root: of all accounts, only that of uid %ld receives",
                 (long)self.uid);
    return reach_add(&self.reach, self.now->conf, self.now->recipients.accounts,
                     err, size);
}

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int configure_again(struct setup *setup, char *err, size_t size)
{
    const struct conf *old = self.now->conf, *new = setup->conf;
    struct settings *s;

    if (!same(old->user, new->user) || !same(old->state, new->state) ||
        !same(old->mailboxes, new->mailboxes)) {
        snprintf(err, size,
                 "user, state or mailboxes changed: restart tarryd for that");
        return -1;
    }
    s = settings_read(setup, err, size);
    if (s == NULL)
        return -1;
    if (s->recipients.accounts != NULL)
        reach_warn(&self.reach, s->recipients.accounts);
    for (size_t i = 0; i < CLIENTS; i++)
        transactions_settings(self.clients[i].transactions, &s->recipients,
                              s->conf->hostname);
    settings_free(self.now);
    self.now = s;
    return 0;
}

static int configure(struct child *c, struct setup *setup, char *err,
                     size_t size)
{
    return c->running ? configure_again(setup, err, size)
                      : configure_first(c, setup, err, size);
}

static void sandbox(struct child *c, struct sandbox *s)
{
    (void)c;
    s->user = self.now->conf->user;
    s->allow = ALLOW_FILES | ALLOW_THREADS;
    if (self.now->conf->mailboxes_system && self.root)
        s->allow |= ALLOW_IDENTITY;
    for (size_t i = 0; i < self.reach.n; i++)
        s->paths[s->npaths++] = self.reach.v[i];
}

static void start(struct child *c)
{
    if (self.now->conf->mailboxes_system && self.root)
        identity_enable();
    self.child = c;
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *cl = &self.clients[i];

        cl->transactions = transactions_new(c->base, cl->program);
        transactions_settings(cl->transactions, &self.now->recipients,
                              self.now->conf->hostname);
        if (cl->peer != -1)
            transactions_peer(cl->transactions, cl->peer);
    }
}

static void peer(struct child *c, enum program program, int fd)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *cl = &self.clients[i];

        if (cl->program != program)
            continue;
        if (c->running) {
            transactions_peer(cl->transactions, fd);
        } else {
            if (cl->peer != -1)
                close(cl->peer);
            cl->peer = fd;
        }
        return;
    }
    log_warn("no use for a channel to %s", program_name(program));
    close(fd);
}

static void on_idle(void *arg)
{
    struct client *cl = arg;

    cl->idle = true;
    if (self.clients[0].idle && self.clients[1].idle)
        child_exit(self.child);
}

static void stop(struct child *c)
{
    if (!c->running) {
        child_exit(c);
        return;
    }
    for (size_t i = 0; i < CLIENTS; i++)
        transactions_stop(self.clients[i].transactions, on_idle,
                          &self.clients[i]);
}

const struct child_ops deliver_ops = {.configure = configure,
                                      .sandbox = sandbox,
                                      .start = start,
                                      .peer = peer,
                                      .stop = stop};
