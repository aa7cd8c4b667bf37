/*
 * Settings of the greylist, made of the configuration, see settings.h.
 *
 * All lists are read before anything is refused, so that an administrator
 * sees all mistakes at once.  Entries that stand in the configuration itself
 * are named by their option and their place in it.
 */
#include "greylist/settings.h"

#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A use of what has passed is stored once an hour at most: lifetimes are
 * weeks, and reading costs half of writing.
 */
#define TOUCH_SEC 3600

struct reading {
    const struct conf *conf;
    const struct settings_file *files;
    size_t nfiles;
    char *err;
    size_t size, used;
};

/* Room for the mistakes of one more source; '\n' between sources. */
static char *room(struct reading *r, size_t *size)
{
    if (r->used > 0 && r->used + 1 < r->size)
        r->err[r->used++] = '\n';
    *size = r->size - r->used;
    r->err[r->used] = '\0';
    return r->err + r->used;
}

static void keep_mistakes(struct reading *r)
{
    r->used += strlen(r->err + r->used);
    while (r->used > 0 && r->err[r->used - 1] == '\n')
        r->err[--r->used] = '\0';
}

static void add_file(struct reading *r, struct exempt *e, enum file_kind kind,
                     unsigned index, const char *path)
{
    size_t size;
    char *err = room(r, &size);

    for (size_t i = 0; i < r->nfiles; i++) {
        const struct settings_file *f = &r->files[i];

        if (f->kind != kind || f->index != index)
            continue;
        if (exempt_add_text(e, f->path, f->text, f->len, err, size))
            *err = '\0';
        return;
    }
    snprintf(err, size, "%s: was not handed over", path);
}

static void add_entry(struct reading *r, struct exempt *e, const char *option,
                      unsigned index, const char *text)
{
    size_t size;
    char *err = room(r, &size), name[512];

    snprintf(name, sizeof(name), "%s: greylist.%s", r->conf->file, option);
    if (exempt_add(e, name, index + 1, text, err, size))
        *err = '\0';
}

static struct exempt *read_list(struct reading *r, enum exempt_kind what,
                                enum file_kind kind, const char *option,
                                const struct strings *entries)
{
    struct exempt *e = exempt_new(what);

    for (unsigned i = 0; i < entries->n; i++) {
        if (conf_is_file(entries->v[i]))
            add_file(r, e, kind, i, entries->v[i]);
        else
            add_entry(r, e, option, i, entries->v[i]);
        keep_mistakes(r);
    }
    exempt_seal(e);
    return e;
}

static void read_lists(struct reading *r, struct judge_settings *s)
{
    const struct conf *c = r->conf;

    s->clients = read_list(r, EXEMPT_CLIENTS, FILE_EXEMPT_CLIENTS,
                           "exempt-clients", &c->greylist.exempt_clients);
    s->senders = read_list(r, EXEMPT_SENDERS, FILE_EXEMPT_SENDERS,
                           "exempt-senders", &c->greylist.exempt_senders);
    s->recipients =
        read_list(r, EXEMPT_RECIPIENTS, FILE_EXEMPT_RECIPIENTS,
                  "exempt-recipients", &c->greylist.exempt_recipients);
    if (c->greylist.only_recipients.n > 0)
        s->only = read_list(r, EXEMPT_RECIPIENTS, FILE_ONLY_RECIPIENTS,
                            "only-recipients", &c->greylist.only_recipients);
}

static void read_reply(struct reading *r, struct judge_settings *s)
{
    const struct strings *lines = &r->conf->greylist.reply;
    char why[256];
    size_t size;
    char *err;

    s->reply = reply_template_new((const char *const *)lines->v, lines->n,
                                  r->conf->hostname, r->conf->greylist.url, why,
                                  sizeof(why));
    if (s->reply != NULL)
        return;
    err = room(r, &size);
    snprintf(err, size, "%s: greylist.reply: %s", r->conf->file, why);
    keep_mistakes(r);
}

struct judge_settings *settings_new(const struct conf *conf,
                                    const struct settings_file *files,
                                    size_t nfiles, char *err, size_t size)
{
    struct reading r = {conf, files, nfiles, err, size, 0};
    struct judge_settings *s = xcalloc(1, sizeof(*s));

    s->mode = conf->greylist.mode;
    s->null_at_data = conf->greylist.null_at_data;
    s->policy = (struct policy){.delay_sec = conf->greylist.delay_sec,
                                .window_sec = conf->greylist.window_sec,
                                .pass_sec = conf->greylist.pass_sec,
                                .auto_allow = conf->greylist.auto_allow,
                                .touch_sec = TOUCH_SEC};
    s->identity = (struct identity_settings){
        .mode = (enum identity_mode)conf->greylist.identity,
        .ipv4_prefix = conf->greylist.ipv4_prefix,
        .ipv6_prefix = conf->greylist.ipv6_prefix};
    snprintf(s->hostname, sizeof(s->hostname), "%s", conf->hostname);
    err[0] = '\0';
    read_lists(&r, s);
    read_reply(&r, s);
    if (r.used == 0)
        return s;
    settings_free(s);
    return NULL;
}

void settings_free(struct judge_settings *s)
{
    if (s == NULL)
        return;
    exempt_free(s->clients);
    exempt_free(s->senders);
    exempt_free(s->recipients);
    exempt_free(s->only);
    reply_template_free(s->reply);
    free(s);
}
