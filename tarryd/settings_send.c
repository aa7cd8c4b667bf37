/*
 * Handing a version of the settings on to a program: the bytes of the file, and
 * of what it names only that which the program has to read.
 */
#include "tarryd/settings.h"

#include "tarryd/snapshot.h"

#include <unistd.h>

/* Sends a description of its own of fd. */
static int send_open(struct chan *to, enum msg_type type,
                     const struct msg_out *out, int fd)
{
    int own = snapshot_open(fd), rc;

    if (own < 0)
        return -1;
    rc = chan_send(to, type, 0, out, own);
    close(own);
    return rc;
}

static int send_listeners(struct chan *to, const int *fds, size_t n)
{
    static struct msg_out out;
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < n; i++) {
        if (fds[i] < 0)
            continue; /* none is opened for a trial */
        msg_reset(&out);
        msg_put_u32(&out, i);
        rc = chan_send(to, MSG_LISTEN, 0, &out, fds[i]);
    }
    return rc;
}

int settings_send(const struct settings *s, struct chan *to)
{
    static struct msg_out out;
    int rc;

    msg_reset(&out);
    msg_put_str(&out, s->conf->file);
    rc = send_open(to, MSG_CONFIG, &out, s->text);
    for (size_t i = 0; rc == 0 && i < s->nfiles; i++) {
        const struct settings_file *f = &s->files[i];

        if (!(settings_readers(f->kind) & 1u << chan_peer(to)))
            continue;
        msg_reset(&out);
        msg_put_u32(&out, f->kind);
        msg_put_u32(&out, f->index);
        msg_put_str(&out, f->path);
        rc = send_open(to, MSG_FILE, &out, f->fd);
    }
    if (rc == 0 && chan_peer(to) == PROGRAM_SMTPD)
        rc = send_listeners(to, s->listeners, s->conf->nlisten);
    if (rc == 0 && chan_peer(to) == PROGRAM_GREYLIST)
        rc = send_listeners(to, s->policy, s->conf->policy.nlisten);
    return rc;
}
