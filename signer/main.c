/*
 * signer: holds the private keys of the certificates, and signs with them.
 *
 * smtpd speaks TLS with strangers and has the certificates only; for each full
 * handshake it asks here for one signature (SIGN, SIGNED).  This program reads
 * nothing else, opens nothing and speaks to nobody else.
 *
 * The keys of the settings before the last stay as well: a handshake that began
 * with their certificate can end.
 */
#include "lib/child.h"
#include "lib/log.h"
#include "signer/keys.h"

#include <stdio.h>
#include <unistd.h>

static struct keys *keys, *before;
static struct chan *smtpd;
static int smtpd_fd = -1; /* its channel, when it came before we serve */
static char empty_root[4096];

static void on_message(struct chan *ch, struct msg *m, void *arg)
{
    static struct sign_request r;
    static struct msg_out out;
    unsigned char signature[SIGNATURE_MAX];
    const char *why = NULL;
    size_t len;

    (void)arg;
    if (!sign_request_read(&r, &m->in)) {
        chan_violation(ch, "SIGN malformed");
        return;
    }
    len = keys_sign(keys, &r, signature, &why);
    if (len == 0 && why == NULL)
        len = keys_sign(before, &r, signature, &why);
    if (len == 0)
        log_error("no signature: %s", why != NULL ? why : "no such key");
    msg_reset(&out);
    msg_put_mem(&out, signature, len);
    chan_send(ch, MSG_SIGNED, m->id, &out, -1);
}

static void on_closed(struct chan *ch, const char *why, void *arg)
{
    (void)ch, (void)arg;
    log_info("smtpd is gone (%s)", why);
    chan_free(smtpd);
    smtpd = NULL;
}

static void open_smtpd(struct child *c, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    chan_free(smtpd);
    smtpd = chan_new(c->base, fd, PROGRAM_SIGNER, PROGRAM_SMTPD, &ops, NULL);
    chan_phase(smtpd, PHASE_RUNNING);
}

/* Nothing is read from it before the sandbox is closed. */
static void peer(struct child *c, enum program program, int fd)
{
    if (program != PROGRAM_SMTPD) {
        log_warn("%s needs no signatures", program_name(program));
        close(fd);
    } else if (c->running) {
        open_smtpd(c, fd);
    } else {
        if (smtpd_fd >= 0)
            close(smtpd_fd);
        smtpd_fd = fd;
    }
}

static void start(struct child *c)
{
    if (smtpd_fd >= 0)
        open_smtpd(c, smtpd_fd);
}

static void stop(struct child *c)
{
    child_exit(c); /* smtpd has ended before */
}

/* The descriptor of a file by its kind and place in the list, or -1. */
static int file_of(const struct setup *setup, enum file_kind kind,
                   unsigned index)
{
    for (size_t i = 0; i < setup->nfiles; i++)
        if (setup->files[i].kind == kind && setup->files[i].index == index)
            return setup->files[i].fd;
    return -1;
}

static int configure(struct child *c, struct setup *setup, char *err,
                     size_t size)
{
    const struct conf *conf = setup->conf;
    struct key_pair pairs[SETUP_FILES];
    size_t n = conf->tls.certificates.n;
    struct keys *new;

    if (n > SETUP_FILES / 2) {
        snprintf(err, size, "%s: tls.certificate: more than %d", conf->file,
                 SETUP_FILES / 2);
        return -1;
    }
    for (unsigned i = 0; i < n; i++) {
        pairs[i].key_path = conf->tls.keys.v[i];
        pairs[i].certificate = file_of(setup, FILE_CERTIFICATE, i);
        pairs[i].key = file_of(setup, FILE_KEY, i);
    }
    new = keys_new(pairs, n, err, size);
    if (new == NULL)
        return -1;
    keys_free(before);
    before = keys;
    keys = new;
    if (!c->running)
        snprintf(empty_root, sizeof(empty_root), "%s/empty", conf->state);
    return 0;
}

static void sandbox(struct child *c, struct sandbox *s)
{
    s->user = c->setup.conf->user;
    s->root = empty_root;
}

int main(void)
{
    static const struct child_ops ops = {.configure = configure,
                                         .sandbox = sandbox,
                                         .start = start,
                                         .peer = peer,
                                         .stop = stop};

    return child_run(PROGRAM_SIGNER, &ops);
}
