/*
 * One version of the settings: reading and opening.
 *
 * The parent reads the configuration once and gives every program the very
 * bytes, so that no two can see two versions, and nobody but the parent opens
 * the files it names.  Of those files, too, it keeps copies (snapshot.c).
 *
 * What is not here: what the options mean (lib/conf.c), what is in the files.
 */
#include "tarryd/settings.h"
#include "lib/log.h"
#include "tarryd/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF_OCTETS (1024 * 1024)
#define PATH_OCTETS 1000 /* what fits into MSG_CONFIG */
#define FILE_OCTETS (64 * 1024 * 1024)
#define PASSWD      "/etc/passwd"

static const char *const option_names[] = {
    [FILE_CERTIFICATE] = "tls.certificate",
    [FILE_KEY] = "tls.key",
    [FILE_ALIASES] = "aliases",
    [FILE_PASSWD] = "mailboxes",
    [FILE_EXEMPT_CLIENTS] = "greylist.exempt-clients",
    [FILE_EXEMPT_SENDERS] = "greylist.exempt-senders",
    [FILE_EXEMPT_RECIPIENTS] = "greylist.exempt-recipients",
    [FILE_ONLY_RECIPIENTS] = "greylist.only-recipients",
};

unsigned settings_readers(enum file_kind kind)
{
    switch (kind) {
    case FILE_CERTIFICATE:
        return 1u << PROGRAM_SMTPD | 1u << PROGRAM_SIGNER;
    case FILE_KEY:
        return 1u << PROGRAM_SIGNER;
    case FILE_ALIASES:
    case FILE_PASSWD:
        return 1u << PROGRAM_DELIVER;
    default:
        return 1u << PROGRAM_GREYLIST;
    }
}

/* Files that others than the administrator change; the rest wait for reload. */
static bool is_watched(enum file_kind kind)
{
    return kind == FILE_CERTIFICATE || kind == FILE_KEY || kind == FILE_PASSWD;
}

/* Of which version some files are copied anew, and for whom. */
struct reopening {
    const struct settings *old;
    unsigned programs;
};

/* The old version's copy, if it is to be kept; or NULL. */
static const struct settings_file *kept(const struct reopening *from,
                                        enum file_kind kind, unsigned index)
{
    if (from == NULL ||
        (is_watched(kind) && settings_readers(kind) & from->programs))
        return NULL;
    for (size_t i = 0; i < from->old->nfiles; i++)
        if (from->old->files[i].kind == kind &&
            from->old->files[i].index == index)
            return &from->old->files[i];
    return NULL;
}

static int take_copy(struct settings_file *f, const char *path,
                     const struct settings_file *old)
{
    if (old == NULL)
        return snapshot_take(path, FILE_OCTETS, &f->seen);
    f->seen = old->seen;
    return fcntl(old->fd, F_DUPFD_CLOEXEC, 0);
}

static void open_file(struct settings *s, const struct reopening *from,
                      enum file_kind kind, unsigned index, const char *path,
                      struct report *r)
{
    const struct settings_file *old = kept(from, kind, index);
    const char *conf = s->conf->file, *option = option_names[kind];
    struct settings_file *f = &s->files[s->nfiles];

    if (strlen(path) >= sizeof(((struct setup_file *)NULL)->path)) {
        report_mistake(r, conf, option, "%s: the path is too long", path);
        return;
    }
    if (s->nfiles == SETUP_FILES) {
        report_mistake(r, conf, option, "more than %d files", SETUP_FILES);
        return;
    }
    /* Looked at first: reading a FIFO of that name would never end. */
    if (old == NULL && stat(path, &f->seen) == 0 && !S_ISREG(f->seen.st_mode)) {
        report_mistake(r, conf, option, "%s: not a regular file", path);
        return;
    }
    f->fd = take_copy(f, path, old);
    if (f->fd < 0) {
        report_mistake(r, conf, option, "%s: %s", path, strerror(errno));
        return;
    }
    f->kind = kind;
    f->index = index;
    f->path = path;
    s->nfiles++;
}

/* The entries of an exemption list that are files. */
static void open_lists(struct settings *s, const struct reopening *from,
                       enum file_kind kind, const struct strings *entries,
                       struct report *r)
{
    for (unsigned i = 0; i < entries->n; i++)
        if (conf_is_file(entries->v[i]))
            open_file(s, from, kind, i, entries->v[i], r);
}

static void open_files(struct settings *s, const struct reopening *from,
                       struct report *r)
{
    const struct conf *c = s->conf;

    for (unsigned i = 0; i < c->tls.certificates.n; i++)
        open_file(s, from, FILE_CERTIFICATE, i, c->tls.certificates.v[i], r);
    for (unsigned i = 0; i < c->tls.keys.n; i++)
        open_file(s, from, FILE_KEY, i, c->tls.keys.v[i], r);
    if (c->aliases != NULL)
        open_file(s, from, FILE_ALIASES, 0, c->aliases, r);
    if (c->mailboxes_system)
        open_file(s, from, FILE_PASSWD, 0, PASSWD, r);
    open_lists(s, from, FILE_EXEMPT_CLIENTS, &c->greylist.exempt_clients, r);
    open_lists(s, from, FILE_EXEMPT_SENDERS, &c->greylist.exempt_senders, r);
    open_lists(s, from, FILE_EXEMPT_RECIPIENTS, &c->greylist.exempt_recipients,
               r);
    open_lists(s, from, FILE_ONLY_RECIPIENTS, &c->greylist.only_recipients, r);
    if (c->nlisten > SETUP_LISTENERS)
        report_mistake(r, c->file, "listen", "more than %d addresses",
                       SETUP_LISTENERS);
}

/* What the bytes mean; takes the descriptor over. */
static struct settings *understand(const char *file, int text,
                                   const struct reopening *from,
                                   struct report *r)
{
    struct settings *s = xcalloc(1, sizeof(*s));
    char err[8192] = "";
    int fd = snapshot_open(text);

    s->text = text;
    for (size_t i = 0; i < SETUP_LISTENERS; i++)
        s->listeners[i] = s->policy[i] = -1;
    if (fd < 0) {
        report_add(r, "%s: /proc/self/fd: %s", file, strerror(errno));
    } else {
        s->conf = conf_read_fd(file, fd, err, sizeof(err));
        close(fd);
        if (s->conf == NULL)
            report_add(r, "%s", err);
        else
            open_files(s, from, r);
    }
    if (report_empty(r))
        return s;
    settings_free(s);
    return NULL;
}

struct settings *settings_read(const char *file, struct report *r)
{
    struct stat seen;
    int text;

    if (strlen(file) > PATH_OCTETS) {
        report_add(r, "%s: a path over %d octets", file, PATH_OCTETS);
        return NULL;
    }
    text = snapshot_take(file, CONF_OCTETS, &seen);
    if (text < 0) {
        report_add(r, "%s: cannot be read: %s", file, strerror(errno));
        return NULL;
    }
    return understand(file, text, NULL, r);
}

struct settings *settings_reopen(const struct settings *old, unsigned programs,
                                 struct report *r)
{
    struct reopening from = {old, programs};
    int text = fcntl(old->text, F_DUPFD_CLOEXEC, 0);

    if (text < 0) {
        report_add(r, "%s: %s", old->conf->file, strerror(errno));
        return NULL;
    }
    return understand(old->conf->file, text, &from, r);
}

void settings_close_listeners(struct settings *s)
{
    for (size_t i = 0; i < SETUP_LISTENERS; i++) {
        if (s->listeners[i] >= 0)
            close(s->listeners[i]);
        if (s->policy[i] >= 0)
            close(s->policy[i]);
        s->listeners[i] = s->policy[i] = -1;
    }
}

void settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->nfiles; i++)
        close(s->files[i].fd);
    settings_close_listeners(s);
    close(s->text);
    conf_free(s->conf);
    free(s);
}

/* The time of change, not of modification: cp -p and chmod move it, too. */
static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

unsigned settings_changed(struct settings *s)
{
    unsigned programs = 0;
    struct stat now;

    for (size_t i = 0; i < s->nfiles; i++) {
        struct settings_file *f = &s->files[i];

        if (!is_watched(f->kind) || stat(f->path, &now) != 0 ||
            same(&now, &f->seen))
            continue;
        f->seen = now;
        programs |= settings_readers(f->kind);
    }
    return programs;
}
