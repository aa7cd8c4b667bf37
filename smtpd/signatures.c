/*
 * Asking signer.
 *
 * OpenSSL wants the signature before it goes on, so smtpd waits for it, as it
 * would wait for its own arithmetic: a millisecond or less.  A signer that has
 * not answered after WAIT_MS costs that wait once; until it does, handshakes
 * fail without one, and their clients come again or go on in the clear.
 */
#include "smtpd/signatures.h"

#include "lib/log.h"

#define WAIT_MS 1000

static struct chan *signer;
static uint64_t last_id;
static bool late; /* it owes an answer that nobody awaits */

static void on_message(struct chan *ch, struct msg *m, void *arg)
{
    (void)ch, (void)m, (void)arg;
    late = false;
}

static void on_closed(struct chan *ch, const char *why, void *arg)
{
    (void)arg;
    log_warn("signer: channel: %s", why);
    chan_free(ch);
    signer = NULL;
    child_lost(PROGRAM_SIGNER);
}

void signatures_peer(struct child *c, int fd)
{
    static const struct chan_ops ops = {on_message, on_closed};

    if (signer != NULL) /* the parent knew of its death before we did */
        on_closed(signer, "replaced", NULL);
    late = false;
    signer = chan_new(c->base, fd, PROGRAM_SMTPD, PROGRAM_SIGNER, &ops, NULL);
    chan_phase(signer, PHASE_RUNNING);
}

size_t signatures_ask(const struct sign_request *r, unsigned char *signature)
{
    static struct msg_out out;
    struct msg_in in;
    size_t len;

    if (signer == NULL || late)
        return 0;
    msg_reset(&out);
    sign_request_write(r, &out);
    if (!chan_call(signer, MSG_SIGN, ++last_id, &out, MSG_SIGNED, WAIT_MS,
                   &in)) {
        log_error("signer does not answer: a TLS handshake fails");
        late = true;
        return 0;
    }
    len = in.left;
    if (len > SIGNATURE_MAX || !msg_get_mem(&in, signature, len))
        return 0;
    return len;
}
