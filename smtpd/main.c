/*
 * smtpd: speaks SMTP with strangers, and holds nothing else.
 *
 * It starts as root, takes listeners, certificates and peers from tarryd, and
 * gives up all but them: an empty root directory, its own user, no files, no
 * programs, no connections of its own.  Everything it needs of the rest of
 * the house it asks by message.
 */
#include "lib/log.h"
#include "smtpd/remote_key.h"
#include "smtpd/server.h"
#include "smtpd/signatures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

static struct server server;
static char empty_root[4096];

static void take_limits(struct session_limits *l, const struct conf *conf)
{
    snprintf(l->hostname, sizeof(l->hostname), "%s", conf->hostname);
    l->message = conf->limits.message;
    l->recipients = conf->limits.recipients;
    l->errors = conf->limits.errors;
    l->received = conf->limits.received;
    l->dsn = conf->dsn;
}

/* Its descriptor, by its place in the list, or -1. */
static int certificate_of(const struct setup *setup, unsigned index)
{
    for (size_t i = 0; i < setup->nfiles; i++)
        if (setup->files[i].index == index)
            return setup->files[i].fd;
    return -1;
}

static struct tls *take_certificates(const struct setup *setup,
                                     const struct conf *conf, char *err,
                                     size_t size)
{
    struct tls_certificate certificates[SETUP_FILES / 2];
    size_t n = conf->tls.certificates.n;

    if (n > SETUP_FILES / 2) {
        snprintf(err, size, "%s: tls.certificate: more than %d", conf->file,
                 SETUP_FILES / 2);
        return NULL;
    }
    for (unsigned i = 0; i < n; i++) {
        certificates[i].path = conf->tls.certificates.v[i];
        certificates[i].fd = certificate_of(setup, i);
    }
    return tls_new(certificates, n, conf->tls.tickets, err, size);
}

static bool wants_implicit_tls(const struct conf *conf)
{
    for (size_t i = 0; i < conf->nlisten; i++)
        if (conf->listen[i].tls)
            return true;
    return false;
}

/* Every connection may hold a socket and a message file. */
static void raise_descriptors(unsigned connections)
{
    struct rlimit r;
    rlim_t need = 2 * (rlim_t)connections + 128;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return;
    r.rlim_cur = r.rlim_max;
    if (r.rlim_max < need)
        log_warn("limits.connections: %u need %llu descriptors, and %llu "
                 "are allowed",
                 connections, (unsigned long long)need,
                 (unsigned long long)r.rlim_max);
    setrlimit(RLIMIT_NOFILE, &r);
}

static uint64_t first_id(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000)
           << 20;
}

static int configure(struct child *child, struct setup *setup, char *err,
                     size_t size)
{
    struct settings *s = xcalloc(1, sizeof(*s));
    const struct conf *conf = setup->conf;

    remote_key_init(signatures_ask);
    s->users = 1;
    take_limits(&s->limits, conf);
    if (conf->tls.certificates.n > 0) {
        s->tls = take_certificates(setup, conf, err, size);
        if (s->tls == NULL) {
            settings_release(s);
            return -1;
        }
        s->limits.starttls = true;
    } else if (wants_implicit_tls(conf)) {
        snprintf(err, size, "%s: listen: tls:// needs tls.certificate",
                 conf->file);
        settings_release(s);
        return -1;
    }
    if (!child->running) {
        server.child = child;
        server.table = xcalloc(CONN_MAX, sizeof(struct conn *));
        server.clients = clients_new(CONN_MAX);
        server.last_id = first_id();
        raise_descriptors(conf->limits.connections);
        snprintf(empty_root, sizeof(empty_root), "%s/empty", conf->state);
    }
    s->conf = setup->conf;
    setup->conf = NULL;
    tls_use(s->tls);
    settings_release(server.settings);
    server.settings = s;
    server_listen(&server, setup);
    return 0;
}

static void sandbox(struct child *child, struct sandbox *s)
{
    (void)child;
    s->user = server.settings->conf->user;
    s->root = empty_root;
    s->allow = ALLOW_ACCEPT;
}

static void start(struct child *child)
{
    (void)child;
    server_start(&server);
}

static void peer(struct child *child, enum program program, int fd)
{
    server.child = child;
    if (program == PROGRAM_SIGNER)
        signatures_peer(child, fd);
    else
        house_peer(&server, program, fd);
}

static void stop(struct child *child)
{
    (void)child;
    server_stop(&server);
}

int main(void)
{
    static const struct child_ops ops = {.configure = configure,
                                         .sandbox = sandbox,
                                         .start = start,
                                         .peer = peer,
                                         .stop = stop};

    return child_run(PROGRAM_SMTPD, &ops);
}
