/*
 * What holds between the options of a configuration, and what must be set.
 *
 * Each value is known to be right by itself, or a mistake is noted already.
 * A mistake found here is blamed on the line that the administrator would
 * change.
 */
#include "lib/address.h"
#include "lib/conf_internal.h"
#include "lib/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static unsigned line_of(const struct conf_reading *r,
                        const struct conf_option *o)
{
    return r->lines[o - conf_options];
}

static void blame(struct conf_reading *r, const struct conf_option *o,
                  const char *what)
{
    conf_mistake(r, line_of(r, o), o->section, o->name, "%s", what);
}

static void require(struct conf_reading *r, const char *name,
                    const char *example)
{
    if (line_of(r, conf_option("", name)) == 0)
        conf_mistake(r, 0, "", name, "must be set, for example %s = %s", name,
                     example);
}

/* Our name goes into the greeting and into Received: it must be a full one. */
static void default_hostname(struct conf_reading *r)
{
    struct utsname system;
    const char *name;

    if (line_of(r, conf_option("", "hostname")) != 0)
        return;
    name = uname(&system) == 0 ? system.nodename : "";
    if (address_is_hostname(name, strlen(name)) && strchr(name, '.') != NULL)
        r->conf->hostname = xstrdup(name);
    else
        conf_mistake(r, 0, "", "hostname",
                     "must be set, for example hostname = "
                     "\"mx.example.org\": the system calls itself '%s', which "
                     "is no full name",
                     name);
}

/* Two users of the same name in two domains must not share a mailbox. */
static void check_mailboxes(struct conf_reading *r)
{
    const struct conf *c = r->conf;
    bool has_domain = false;

    if (c->mailboxes_system || c->domains.n < 2)
        return;
    for (const char *p = c->mailboxes; (p = strchr(p, '%')) != NULL; p += 2)
        has_domain = has_domain || p[1] == 'd';
    if (!has_domain)
        blame(r, conf_option("", "mailboxes"),
              "has no %d, so that the same user of several domains would "
              "share one mailbox; write for example "
              "\"/var/mail/vhosts/%d/%u\"");
}

/* The next component of a path, and its length: 0 at the end. */
static size_t component(const char **path)
{
    size_t n;

    do {
        *path += strspn(*path, "/");
        n = strcspn(*path, "/");
    } while (n == 1 && **path == '.' && (*path += 1));
    return n;
}

/* As they are written: what links there are is not known here. */
static bool lies_in(const char *path, const char *folder)
{
    size_t n, m;

    while ((m = component(&folder)) > 0) {
        n = component(&path);
        if (n != m || memcmp(path, folder, n) != 0)
            return false;
        path += n;
        folder += m;
    }
    return true;
}

/* What is not mail must have no address: "queue", say, in the state folder. */
static void check_state(struct conf_reading *r)
{
    const struct conf *c = r->conf;
    char folder[512];

    if (c->mailboxes_system || c->mailboxes == NULL)
        return;
    conf_mailboxes_folder(c, folder, sizeof(folder));
    if (lies_in(folder, c->state) || lies_in(c->state, folder))
        conf_mistake(r, line_of(r, conf_option("", "mailboxes")), "",
                     "mailboxes",
                     "neither '%s' nor the state folder '%s' may lie in the "
                     "other, or their folders would be one another's "
                     "mailboxes",
                     folder, c->state);
}

static void check_tls(struct conf_reading *r)
{
    const struct conf *c = r->conf;
    const struct conf_option *certificate = conf_option("tls", "certificate");
    const struct conf_option *key = conf_option("tls", "key");
    size_t certificates = c->tls.certificates.n, keys = c->tls.keys.n;

    if (certificates > 0 && keys == 0)
        blame(r, certificate, "has no key; set tls.key too");
    else if (keys > 0 && certificates == 0)
        blame(r, key, "has no certificate; set tls.certificate too");
    else if (keys != certificates)
        conf_mistake(r, line_of(r, key), "tls", "key",
                     "certificates: %zu, keys: %zu; each certificate needs its "
                     "key, in the same order",
                     certificates, keys);
    for (size_t i = 0; i < c->nlisten && certificates == 0; i++)
        if (c->listen[i].tls)
            conf_mistake(r, line_of(r, conf_option("", "listen")), "", "listen",
                         "'%s' needs a certificate; set tls.certificate and "
                         "tls.key",
                         c->listen[i].text);
}

/* A domain is either delivered here or passed on. */
static void check_relay_domains(struct conf_reading *r)
{
    const struct conf *c = r->conf;

    for (size_t i = 0; i < c->queue.relay_domains.n; i++)
        for (size_t j = 0; j < c->domains.n; j++)
            if (strcmp(c->queue.relay_domains.v[i], c->domains.v[j]) == 0)
                blame(r, conf_option("queue", "relay-domains"),
                      "holds a domain that is one of ours; take it out here "
                      "or out of domains");
}

static void check_routes(struct conf_reading *r)
{
    const struct conf *c = r->conf;

    for (size_t i = 0; i < c->queue.nroutes; i++)
        if (c->queue.routes[i].nhosts == 0)
            conf_mistake(r, 0, "route", c->queue.routes[i].domain,
                         "leads nowhere; set to = \"[192.0.2.1]:25\"");
}

/* Where tarryctl finds its socket, tarry-sendmail finds its own. */
static void default_submit(struct conf_reading *r)
{
    const char *control = r->conf->control.socket;
    const char *slash = control != NULL ? strrchr(control, '/') : NULL;
    size_t folder;

    if (slash == NULL || r->conf->queue.socket != NULL)
        return;
    folder = (size_t)(slash + 1 - control);
    r->conf->queue.socket = xcalloc(1, folder + sizeof("submit"));
    memcpy(r->conf->queue.socket, control, folder);
    strcpy(r->conf->queue.socket + folder, "submit");
}

static void default_reply(struct conf_reading *r)
{
    if (line_of(r, conf_option("greylist", "reply")) == 0)
        conf_append(&r->conf->greylist.reply,
                    "450 4.7.1 Greylisted, please try again in %w");
}

static void check_greylist(struct conf_reading *r)
{
    if (r->conf->greylist.window_sec <= r->conf->greylist.delay_sec)
        blame(r, conf_option("greylist", "window"),
              "must be longer than greylist.delay, or nobody could come back "
              "in time");
}

void conf_check_missing(struct conf_reading *r)
{
    default_reply(r);
    require(r, "domains", "{ \"example.org\" }");
    require(r, "mailboxes", "\"/var/mail/vhosts/%d/%u\"");
    default_hostname(r);
    default_submit(r);
}

void conf_check_pairs(struct conf_reading *r)
{
    check_mailboxes(r);
    check_state(r);
    check_tls(r);
    check_relay_domains(r);
    check_routes(r);
    check_greylist(r);
}
