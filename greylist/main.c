/*
 * greylist: decides who waits.
 *
 *   judge.c     one recipient: exemptions, key, policy, reply; pure
 *   decide.c    the same with the memory, the clock and the log
 *   smtpd.c     smtpd's questions
 *   policyd.c   Postfix's questions
 *   admin.c     the administrator's
 *   memory.c    what is remembered: store.c (Berkeley DB), history.c
 *
 * Here are its settings.  They come whole, are checked whole, and replace the
 * old ones at once; what is remembered stays.  It opens nothing outside the
 * folder of its store, and makes no connection.
 *
 * Without this program smtpd lets all mail through.
 */
#include "greylist/admin.h"
#include "greylist/policyd.h"
#include "greylist/settings.h"
#include "greylist/smtpd.h"
#include "lib/child.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_OCTETS (16u * 1024 * 1024)

static struct {
    struct conf *conf;
    struct judge_settings *settings;
    char folder[4096];
    struct decider decider;
    struct policyd *policyd;
    struct admin *admin;
    /* What came before start(). */
    int smtpd;
    int listeners[SETUP_LISTENERS];
    size_t nlisteners;
    bool may_accept;
} self = {.smtpd = -1};

/* The whole of a file; NULL with errno. */
static char *read_file(int fd, size_t *len)
{
    struct stat st;
    char *text;
    ssize_t n = 0;

    *len = 0;
    if (fstat(fd, &st) != 0)
        return NULL;
    if (st.st_size > FILE_OCTETS) {
        errno = EFBIG;
        return NULL;
    }
    text = xcalloc(1, (size_t)st.st_size + 1);
    while (*len < (size_t)st.st_size &&
           (n = pread(fd, text + *len, (size_t)st.st_size - *len,
                      (off_t)*len)) > 0)
        *len += (size_t)n;
    if (n >= 0)
        return text;
    free(text);
    return NULL;
}

static struct judge_settings *read_settings(const struct setup *setup,
                                            char *err, size_t size)
{
    struct settings_file files[SETUP_FILES];
    struct judge_settings *s = NULL;
    size_t n = 0;

    while (n < setup->nfiles) {
        const struct setup_file *f = &setup->files[n];
        char *text = read_file(f->fd, &files[n].len);

        if (text == NULL) {
            snprintf(err, size, "%s: %s", f->path, strerror(errno));
            goto done;
        }
        files[n].kind = f->kind;
        files[n].index = f->index;
        files[n].path = f->path;
        files[n++].text = text;
    }
    s = settings_new(setup->conf, files, n, err, size);
done:
    while (n > 0)
        free((char *)files[--n].text);
    return s;
}

/*
 * The state folder may belong to the user whom root gives this one to, so
 * nothing is followed.
 */
static int make_folder(const struct conf *conf, char *err, size_t size)
{
    const struct passwd *pw = NULL;
    int fd = -1, rc = -1;

    snprintf(self.folder, sizeof(self.folder), "%s/greylist", conf->state);
    if (conf->user != NULL && geteuid() == 0) {
        pw = getpwnam(conf->user);
        if (pw == NULL) {
            snprintf(err, size, "user: there is no %s", conf->user);
            return -1;
        }
    }
    if (mkdir(self.folder, 0700) == 0 || errno == EEXIST)
        fd = open(self.folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        rc = pw == NULL ? 0 : fchown(fd, pw->pw_uid, pw->pw_gid);
    if (rc != 0)
        snprintf(err, size, "state: %s: %s", self.folder, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

/* A policy client has a descriptor. */
static void raise_descriptors(void)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What the sandbox was closed with stays as it is. */
static int check_change(const struct conf *new, size_t nlisteners, char *err,
                        size_t size)
{
    const char *what = NULL;

    if (!same(self.conf->user, new->user))
        what = "user";
    else if (!same(self.conf->state, new->state))
        what = "state";
    else if (nlisteners > 0 && !self.may_accept)
        what = "policy.listen, which was empty,";
    if (what == NULL)
        return 0;
    snprintf(err, size, "%s changed: restart tarryd for that", what);
    return -1;
}

static void note_late(const struct conf *new)
{
    if (self.conf->greylist.cache != new->greylist.cache ||
        self.conf->greylist.history != new->greylist.history)
        log_info("greylist.cache and greylist.history change with the next "
                 "start");
}

static void take_listeners(struct setup *setup)
{
    self.nlisteners = 0;
    for (size_t i = 0; i < setup->nlisteners; i++) {
        self.listeners[self.nlisteners++] = setup->listeners[i].fd;
        setup->listeners[i].fd = -1;
    }
}

/* From here on nothing fails. */
static void put_in_force(struct setup *setup, struct judge_settings *s)
{
    if (self.decider.turn != NULL)
        decide_finish(&self.decider);
    self.decider.settings = s;
    if (self.decider.memory != NULL)
        memory_policy(self.decider.memory, &s->policy);
    settings_free(self.settings);
    self.settings = s;
    conf_free(self.conf);
    self.conf = setup->conf;
    setup->conf = NULL;
    take_listeners(setup);
    if (self.policyd != NULL)
        policyd_listen(self.policyd, self.listeners, self.nlisteners);
}

static int configure(struct child *c, struct setup *setup, char *err,
                     size_t size)
{
    struct judge_settings *s;

    if (!c->running) {
        umask(077);
        raise_descriptors();
        if (!c->trying && make_folder(setup->conf, err, size) != 0)
            return -1;
        self.may_accept = setup->nlisteners > 0;
    } else if (check_change(setup->conf, setup->nlisteners, err, size) != 0) {
        return -1;
    }
    s = read_settings(setup, err, size);
    if (s == NULL)
        return -1;
    if (c->running)
        note_late(setup->conf);
    put_in_force(setup, s);
    return 0;
}

static void sandbox(struct child *c, struct sandbox *s)
{
    (void)c;
    s->user = self.conf->user;
    s->allow = ALLOW_FILES | ALLOW_THREADS;
    if (self.may_accept)
        s->allow |= ALLOW_ACCEPT;
    s->paths[s->npaths++] = self.folder;
}

static void start(struct child *c)
{
    self.decider.memory =
        memory_new(c->base, self.folder, self.conf->greylist.cache,
                   self.conf->greylist.history);
    memory_policy(self.decider.memory, &self.settings->policy);
    decide_init(&self.decider, c->base);
    self.admin = admin_new(c->base, &self.decider);
    self.policyd = policyd_new(c->base, &self.decider);
    policyd_listen(self.policyd, self.listeners, self.nlisteners);
    if (self.smtpd >= 0)
        smtpd_open(c->base, self.smtpd, &self.decider);
}

/* Nothing is read from a peer before the sandbox is closed. */
static void peer(struct child *c, enum program program, int fd)
{
    if (program != PROGRAM_SMTPD) {
        log_warn("no use for a channel to %s", program_name(program));
        close(fd);
    } else if (c->running) {
        smtpd_open(c->base, fd, &self.decider);
    } else {
        if (self.smtpd >= 0)
            close(self.smtpd);
        self.smtpd = fd;
    }
}

static void control(struct child *c, int fd, const char *command)
{
    (void)c;
    admin_open(self.admin, fd, command);
}

/* Every question is answered, the last ones now. */
static void stop(struct child *c)
{
    smtpd_close();
    policyd_free(self.policyd);
    admin_free(self.admin);
    decide_release(&self.decider);
    memory_free(self.decider.memory);
    self.policyd = NULL;
    self.admin = NULL;
    self.decider.memory = NULL;
    child_exit(c);
}

int main(void)
{
    static const struct child_ops ops = {.configure = configure,
                                         .sandbox = sandbox,
                                         .start = start,
                                         .peer = peer,
                                         .control = control,
                                         .stop = stop};

    return child_run(PROGRAM_GREYLIST, &ops);
}
