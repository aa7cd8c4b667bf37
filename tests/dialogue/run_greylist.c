/*
 * Judges as the program greylist does (greylist/judge.h), but keeps records in
 * an array: a dialogue makes a handful.  Exemption files that the settings
 * name in /etc/tarry are taken from the folder above the settings.
 */
#include "tests/dialogue/run_greylist.h"

#include "greylist/settings.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define RECORDS 256
#define FILES   16

struct known {
    char identity[IDENTITY_TEXT];
    char sender[NORMAL_TEXT], recipient[NORMAL_TEXT]; /* "" for a client */
    struct record record;
    struct client_record client;
};

struct greylist_house {
    struct judge_settings *settings;
    struct known known[RECORDS];
    size_t n;
};

static char *read_all(const char *path, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = xcalloc(1, 1 << 20);
    ssize_t n = fd < 0 ? -1 : read(fd, text, (1 << 20) - 1);
    if (n < 0)
        fatal(EX_NOINPUT, "%s: %s", path, strerror(errno));
    close(fd);
    *len = (size_t)n;
    return text;
}

/* Reads the files among the entries of a list, from beside the settings. */
static void read_list(const char *conf_file, enum file_kind kind,
                      const struct strings *list, struct settings_file *files,
                      size_t *n)
{
    char path[4096];
    for (unsigned i = 0; i < list->n && *n < FILES; i++) {
        struct settings_file *f = &files[*n];
        if (!conf_is_file(list->v[i]))
            continue;
        snprintf(path, sizeof path, "%.*s/../%s",
                 (int)(strrchr(conf_file, '/') - conf_file), conf_file,
                 strrchr(list->v[i], '/') + 1);
        *f = (struct settings_file){kind, i, list->v[i], NULL, 0};
        f->text = read_all(path, &f->len);
        (*n)++;
    }
}

struct greylist_house *greylist_house_new(const char *conf_file)
{
    struct greylist_house *g = xcalloc(1, sizeof *g);
    struct settings_file files[FILES];
    size_t n = 0, len;
    char err[4096] = "";
    char *text = read_all(conf_file, &len);
    struct conf *c = conf_parse(conf_file, text, len, err, sizeof err);
    if (!c)
        fatal(EX_CONFIG, "%s", err);
    read_list(conf_file, FILE_EXEMPT_CLIENTS, &c->greylist.exempt_clients,
              files, &n);
    read_list(conf_file, FILE_EXEMPT_SENDERS, &c->greylist.exempt_senders,
              files, &n);
    g->settings = settings_new(c, files, n, err, sizeof err);
    if (!g->settings)
        fatal(EX_CONFIG, "%s", err);
    while (n > 0)
        free((char *)(uintptr_t)files[--n].text);
    conf_free(c);
    free(text);
    return g;
}

void greylist_house_free(struct greylist_house *g)
{
    if (!g)
        return;
    settings_free(g->settings);
    free(g);
}

static struct known *find(struct greylist_house *g, const char *identity,
                          const char *sender, const char *recipient)
{
    struct known *k = g->known;
    while (k < g->known + g->n &&
           (strcmp(k->identity, identity) || strcmp(k->sender, sender) ||
            strcmp(k->recipient, recipient)))
        k++;
    if (k == g->known + RECORDS)
        fatal(EX_SOFTWARE, "a dialogue with more than %d triplets", RECORDS);
    if (k == g->known + g->n) {
        snprintf(k->identity, sizeof k->identity, "%s", identity);
        snprintf(k->sender, sizeof k->sender, "%s", sender);
        snprintf(k->recipient, sizeof k->recipient, "%s", recipient);
        g->n++;
    }
    return k;
}

struct verdict
greylist_house_judge(struct greylist_house *g, const struct netaddr *client,
                     const char *name, const struct address *sender,
                     const struct address *recipient, int64_t now)
{
    struct rcpt a = {.client = *client,
                     .name = name ? name : "",
                     .sender = sender,
                     .recipient = recipient};
    static struct judgement j;
    struct verdict v = {0};
    if (judge_begin(g->settings, &a, &j)) {
        struct known *t = find(g, j.identity, j.sender, j.recipient);
        struct known *c = find(g, j.identity, "", "");
        judge_finish(g->settings, &a, &t->record, &c->client, now, &j);
        if (j.outcome.record_changed)
            t->record = j.outcome.record;
        if (j.outcome.client_changed)
            c->client = j.outcome.client;
    }
    v.judged = j.judged;
    snprintf(v.reply, sizeof v.reply, "%s", j.reply);
    snprintf(v.header, sizeof v.header, "%s", j.header);
    return v;
}
