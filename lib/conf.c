/*
 * The configuration file: the table of options, and what is made of a file.
 *
 * A file is read in steps: conf_text() makes the text fit, conf_read() has
 * libconfuse find the values in it, then each value goes through its option's
 * setter, in the order of the file; what the file does not set gets its
 * default through the same setter.  Checks between options come last, and
 * only in a file without other mistakes, where they mean something.
 *
 * An option is one row of the table, its field in struct conf, its lines in
 * etc/tarry.conf and in tarry.conf(5), and nothing else; only a new section
 * is named in conf_read.c too.
 *
 * The same text gives the same settings in every program: nothing here looks
 * at files, users or the environment (the system's own name excepted, where
 * the file gives no hostname).  So none of it says that a path exists.
 */
#include "lib/conf.h"
#include "lib/conf_internal.h"
#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (1024 * 1024)

#define AT(field) offsetof(struct conf, field)
#define K         UINT64_C(1024)
#define DAY       (24 * 3600)

const struct conf_option conf_options[CONF_OPTIONS] = {
    {"", "hostname", conf_set_hostname, AT(hostname), 0, NULL, 0, 0},
    {"", "listen", conf_set_listen, 0, CONF_LISTENERS, "0.0.0.0:25 [::]:25", 0,
     0},
    {"", "user", conf_set_user, AT(user), 0, NULL, 0, 0},
    {"", "state", conf_set_path, AT(state), 0, "/var/lib/tarry", 0, 0},
    {"", "domains", conf_set_domain, 0, SIZE_MAX, NULL, 0, 0},
    {"", "mailboxes", conf_set_mailboxes, AT(mailboxes), 0, NULL, 0, 0},
    {"", "aliases", conf_set_path, AT(aliases), 0, NULL, 0, 0},
    {"", "postmaster", conf_set_postmaster, AT(postmaster), 0, NULL, 0, 0},
    {"", "detail", conf_set_detail, AT(detail_separator), 0, "+", 0, 0},
    {"", "dsn", conf_set_flag, AT(dsn), 0, "on", 0, 0},

    {"tls", "certificate", conf_set_paths, AT(tls.certificates), CONF_KEYS,
     NULL, 0, 0},
    {"tls", "key", conf_set_paths, AT(tls.keys), CONF_KEYS, NULL, 0, 0},
    {"tls", "tickets", conf_set_flag, AT(tls.tickets), 0, "true", 0, 0},

    /* RFC 5321 §4.5.3.1.7 and .8 give the least of the first two. */
    {"limits", "message", conf_set_size, AT(limits.message), 0, "25M", 64 * K,
     K *K *K *K},
    {"limits", "recipients", conf_set_number, AT(limits.recipients), 0, "100",
     100, 1000},
    {"limits", "connections", conf_set_number, AT(limits.connections), 0,
     "1000", 1, 65000}, /* CONN_MAX of smtpd/server.h is a little more */
    {"limits", "per-client", conf_set_number, AT(limits.per_client), 0, "20", 1,
     65000},
    {"limits", "ipv4-prefix", conf_set_number, AT(limits.ipv4_prefix), 0, "24",
     1, 32},
    {"limits", "ipv6-prefix", conf_set_number, AT(limits.ipv6_prefix), 0, "64",
     1, 128},
    {"limits", "errors", conf_set_number, AT(limits.errors), 0, "20", 1, 1000},
    {"limits", "idle", conf_set_duration, AT(limits.idle_sec), 0, "5m", 1, DAY},
    {"limits", "data-idle", conf_set_duration, AT(limits.data_sec), 0, "3m", 1,
     DAY},
    {"limits", "minimum-rate", conf_set_number, AT(limits.minimum_rate), 0,
     "100", 0, K *K},
    {"limits", "session", conf_set_duration, AT(limits.session_sec), 0, "1h", 1,
     7 * DAY},
    {"limits", "received", conf_set_number, AT(limits.received), 0, "100", 10,
     1000},
    {"limits", "hang", conf_set_duration, AT(limits.hang_sec), 0, "1m", 3,
     3600},

    {"resolver", "servers", conf_set_server, AT(resolver.servers), CONF_SERVERS,
     NULL, 0, 0},
    {"resolver", "timeout", conf_set_duration, AT(resolver.timeout_sec), 0,
     "2s", 1, 60},

    {"greylist", "mode", conf_set_greylist_mode, 0, 0, "on", 0, 0},
    {"greylist", "delay", conf_set_duration, AT(greylist.delay_sec), 0, "5m", 1,
     DAY},
    {"greylist", "window", conf_set_duration, AT(greylist.window_sec), 0, "24h",
     60, 30 * DAY},
    {"greylist", "pass", conf_set_duration, AT(greylist.pass_sec), 0, "36d",
     7 * DAY, 3650 * DAY},
    {"greylist", "auto-allow", conf_set_number, AT(greylist.auto_allow), 0, "5",
     0, 1000000},
    {"greylist", "identity", conf_set_identity, 0, 0, "domain", 0, 0},
    {"greylist", "ipv4-prefix", conf_set_number, AT(greylist.ipv4_prefix), 0,
     "24", 8, 32},
    {"greylist", "ipv6-prefix", conf_set_number, AT(greylist.ipv6_prefix), 0,
     "64", 16, 128},
    {"greylist", "reply", conf_set_entry, AT(greylist.reply), 10, NULL, 0, 0},
    {"greylist", "url", conf_set_url, AT(greylist.url), 0, NULL, 0, 0},
    {"greylist", "null-sender", conf_set_null_sender, 0, 0, "data", 0, 0},
    {"greylist", "exempt-clients", conf_set_entry, AT(greylist.exempt_clients),
     1000, NULL, 0, 0},
    {"greylist", "exempt-senders", conf_set_entry, AT(greylist.exempt_senders),
     1000, NULL, 0, 0},
    {"greylist", "exempt-recipients", conf_set_entry,
     AT(greylist.exempt_recipients), 1000, "postmaster abuse", 0, 0},
    {"greylist", "only-recipients", conf_set_entry,
     AT(greylist.only_recipients), 1000, NULL, 0, 0},
    {"greylist", "cache", conf_set_size, AT(greylist.cache), 0, "64M", K *K,
     64 * K *K *K},
    {"greylist", "history", conf_set_number, AT(greylist.history), 0, "1000000",
     1000, 100000000},

    {"policy", "listen", conf_set_policy_listen, 0, CONF_LISTENERS / 2, NULL, 0,
     0},

    {"control", "socket", conf_set_socket, AT(control.socket), 0,
     "/run/tarry/control", 0, 0},

    {"queue", "retry", conf_set_retry, 0, CONF_RETRIES, "5m 10m 20m 30m 1h", 1,
     7 * DAY},
    {"queue", "lifetime", conf_set_duration, AT(queue.lifetime_sec), 0, "5d", 1,
     60 * DAY},
    {"queue", "lifetime-null", conf_set_duration, AT(queue.lifetime_null_sec),
     0, "1d", 1, 60 * DAY},
    {"queue", "warn", conf_set_duration, AT(queue.warn_sec), 0, "4h", 0,
     60 * DAY},
    {"queue", "relay-domains", conf_set_relay_domain, 0, SIZE_MAX, NULL, 0, 0},
    {"queue", "relays", conf_set_number, AT(queue.relays), 0, "10", 1, 100},
    {"queue", "per-destination", conf_set_number, AT(queue.per_destination), 0,
     "5", 1, 100},
    {"queue", "reuse", conf_set_number, AT(queue.reuse), 0, "100", 1, 10000},
    {"queue", "bounce-size", conf_set_size, AT(queue.bounce), 0, "64K", 0,
     16 * K *K},
    {"queue", "helo", conf_set_helo, AT(queue.helo), 0, NULL, 0, 0},
    {"queue", "source-ipv4", conf_set_source, AT(queue.source_ipv4), 0, NULL, 4,
     0},
    {"queue", "source-ipv6", conf_set_source, AT(queue.source_ipv6), 0, NULL, 6,
     0},
    {"queue", "socket", conf_set_socket, AT(queue.socket), 0, NULL, 0, 0},

    {"route", "to", conf_set_route_to, 0, CONF_ROUTE_HOSTS, NULL, 0, 0},
    {"route", "tls", conf_set_route_tls, 0, 0, NULL, 0, 0},
};

const struct conf_option *conf_option(const char *section, const char *name)
{
    for (size_t i = 0; i < CONF_OPTIONS; i++)
        if (strcmp(conf_options[i].section, section) == 0 &&
            strcmp(conf_options[i].name, name) == 0)
            return &conf_options[i];
    return NULL;
}

static void apply_items(struct conf_reading *r)
{
    size_t n = 0;
    bool ignore = false;

    for (size_t i = 0; i < r->nitems; i++) {
        const struct conf_item *item = &r->items[i];
        const struct conf_option *o = item->option;
        unsigned *line = &r->lines[o - conf_options];

        if (item->first) {
            n = 0;
            ignore = *line != 0 && item->title == NULL;
            if (ignore)
                conf_wrong(r, item, "is set a second time; first on line %u",
                           *line);
            else
                *line = item->line;
        }
        if (!ignore && ++n > o->list && o->list > 0) {
            conf_wrong(r, item, "takes at most %zu values", o->list);
            ignore = true;
        }
        if (!ignore)
            o->set(r, item);
    }
}

static void apply_default(struct conf_reading *r, const struct conf_option *o)
{
    char *values = xstrdup(o->default_set);
    char *rest = values, *text;

    while ((text = strsep(&rest, " ")) != NULL)
        o->set(r, &(struct conf_item){.option = o, .text = text});
    free(values);
}

static void apply_defaults(struct conf_reading *r)
{
    for (size_t i = 0; i < CONF_OPTIONS; i++)
        if (r->lines[i] == 0 && conf_options[i].default_set != NULL)
            apply_default(r, &conf_options[i]);
}

struct conf *conf_parse(const char *name, const char *text, size_t len,
                        char *err, size_t size)
{
    struct conf_reading r = {.conf = xcalloc(1, sizeof(*r.conf))};
    char *copy = xcalloc(1, len + 1);
    bool complete = false;

    r.conf->file = xstrdup(name);
    memcpy(copy, text, len);
    conf_text(&r, copy, len);
    if (r.nmistakes == 0)
        complete = conf_read(&r, copy);
    free(copy);
    apply_items(&r);
    apply_defaults(&r);
    if (complete)
        conf_check_missing(&r);
    if (r.nmistakes == 0)
        conf_check_pairs(&r);

    for (size_t i = 0; i < r.nitems; i++) {
        free(r.items[i].text);
        free(r.items[i].title);
    }
    free(r.items);
    if (conf_mistakes(&r, err, size)) {
        conf_free(r.conf);
        return NULL;
    }
    return r.conf;
}

/* pread(2): programs that share a file share its position. But for a pipe. */
static ssize_t read_at(int fd, char *out, size_t size, size_t at)
{
    ssize_t n = pread(fd, out, size, (off_t)at);

    return n == -1 && errno == ESPIPE ? read(fd, out, size) : n;
}

struct conf *conf_read_fd(const char *name, int fd, char *err, size_t size)
{
    char *text = xcalloc(1, FILE_MAX + 1);
    struct conf *c = NULL;
    size_t len = 0;
    ssize_t n;

    while ((n = read_at(fd, text + len, FILE_MAX + 1 - len, len)) > 0)
        len += (size_t)n;
    if (n == -1)
        snprintf(err, size, "%s: cannot be read: %s", name, strerror(errno));
    else if (len > FILE_MAX)
        snprintf(err, size, "%s: is larger than 1 MiB", name);
    else
        c = conf_parse(name, text, len, err, size);
    free(text);
    return c;
}
