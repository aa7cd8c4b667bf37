/*
 * Makes a receiver of a configuration file, see receiver.h: the same reading
 * and checking as the daemons', conf_parse() and settings_new().
 */
#include "lab/receiver_parts.h"

#include "lab/clean.h"

#include "greylist/settings.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES    32
#define FILE_MAX (1u << 20)

struct lists {
    struct settings_file file[FILES];
    size_t n;
    char *err;
    size_t size;
};

/* The whole file, the caller's to free, or NULL. */
static char *read_file(const char *path, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text;
    ssize_t n;

    if (fd < 0)
        return NULL;
    text = xcalloc(1, FILE_MAX);
    *len = 0;
    while ((n = read(fd, text + *len, FILE_MAX - 1 - *len)) > 0)
        *len += (size_t)n;
    close(fd);
    if (n == 0)
        return text;
    free(text);
    return NULL;
}

/* As it is named, else beside the settings, else one folder above them. */
static char *read_list(const char *conf_file, const char *path, size_t *len)
{
    static const char *const places[] = {"", "../"};
    const char *slash = strrchr(conf_file, '/'), *base = strrchr(path, '/') + 1;
    int dir = slash != NULL ? (int)(slash + 1 - conf_file) : 0;
    char *text = read_file(path, len), other[4096];

    for (int i = 0; i < 2 && text == NULL; i++) {
        snprintf(other, sizeof(other), "%.*s%s%s", dir, conf_file, places[i],
                 base);
        text = read_file(other, len);
    }
    return text;
}

static bool read_lists(struct lists *l, const char *conf_file,
                       enum file_kind kind, const struct strings *entries)
{
    for (unsigned i = 0; i < entries->n; i++) {
        struct settings_file *f = &l->file[l->n];

        if (!conf_is_file(entries->v[i]) || l->n == FILES)
            continue;
        *f = (struct settings_file){kind, i, entries->v[i], NULL, 0};
        f->text = read_list(conf_file, f->path, &f->len);
        if (f->text == NULL) {
            snprintf(l->err, l->size, "%s: %s: %s", conf_file, f->path,
                     strerror(errno));
            return false;
        }
        l->n++;
    }
    return true;
}

static struct judge_settings *
read_settings(const char *path, const struct conf *c, char *err, size_t size)
{
    struct lists l = {.err = err, .size = size};
    struct judge_settings *s = NULL;

    if (read_lists(&l, path, FILE_EXEMPT_CLIENTS,
                   &c->greylist.exempt_clients) &&
        read_lists(&l, path, FILE_EXEMPT_SENDERS,
                   &c->greylist.exempt_senders) &&
        read_lists(&l, path, FILE_EXEMPT_RECIPIENTS,
                   &c->greylist.exempt_recipients) &&
        read_lists(&l, path, FILE_ONLY_RECIPIENTS,
                   &c->greylist.only_recipients))
        s = settings_new(c, l.file, l.n, err, size);
    for (size_t i = 0; i < l.n; i++)
        free((char *)(uintptr_t)l.file[i].text);
    return s;
}

/* "etc/examples/bergen.conf", "delay=1m" -> "bergen,delay=1m" */
static char *name_of(const char *path, const char *changes)
{
    const char *base = strrchr(path, '/');
    size_t len, size;
    char *name;

    base = base != NULL ? base + 1 : path;
    len = strlen(base);
    if (len > 5 && strcmp(base + len - 5, ".conf") == 0)
        len -= 5;
    size = len + (changes != NULL ? strlen(changes) : 0) + 2;
    name = xcalloc(1, size);
    snprintf(name, size, "%.*s%s%s", (int)len, base, changes != NULL ? "," : "",
             changes != NULL ? changes : "");
    clean(name);
    return name;
}

static int apply(struct conf *c, const char *changes, char *err, size_t size)
{
    char *copy = xstrdup(changes != NULL ? changes : ""), *rest = copy, *change;
    int rc = 0;

    while (changes != NULL && rc == 0 && (change = strsep(&rest, ",")) != NULL)
        rc = receiver_change(c, change, err, size);
    free(copy);
    return rc;
}

struct receiver *receiver_new(const char *path, const char *changes, char *err,
                              size_t size)
{
    struct judge_settings *s;
    struct receiver *r = NULL;
    struct conf *c = NULL;
    size_t len;
    char *text = read_file(path, &len);

    if (text == NULL) {
        snprintf(err, size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    c = conf_parse(path, text, len, err, size);
    if (c == NULL || apply(c, changes, err, size) != 0 ||
        (s = read_settings(path, c, err, size)) == NULL)
        goto out;
    r = xcalloc(1, sizeof(*r));
    r->name = name_of(path, changes);
    r->domain = xstrdup(c->domains.n > 0 ? c->domains.v[0] : c->hostname);
    r->settings = s;
    r->limits = (struct session_limits){.message = c->limits.message,
                                        .recipients = c->limits.recipients,
                                        .errors = c->limits.errors,
                                        .received = c->limits.received};
    snprintf(r->limits.hostname, sizeof(r->limits.hostname), "%s", c->hostname);
    r->known = known_new();
out:
    conf_free(c);
    free(text);
    return r;
}

void receiver_free(struct receiver *r)
{
    if (r == NULL)
        return;
    known_free(r->known);
    settings_free(r->settings);
    free(r->domain);
    free(r->name);
    free(r);
}
