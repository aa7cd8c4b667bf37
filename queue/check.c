/*
 * A question without consequence: no transaction is needed for it, and none
 * comes of it.  Who asks has seen the address only as a stranger wrote it.
 */
#include "queue/check.h"

const char *check_answer(const struct recipients *r,
                         const struct maildirs *kept, const struct held *held,
                         struct chan *c, struct msg *m)
{
    static struct targets remote;
    static struct msg_out out;
    struct mailboxes to = {0};
    struct address a;
    enum checked checked;

    msg_get_str(&m->in, a.local, sizeof(a.local));
    msg_get_str(&m->in, a.domain, sizeof(a.domain));
    if (!msg_done(&m->in))
        return "malformed CHECK";
    checked = recipients_follow(r, a.local, a.domain, &to, NULL, &remote);
    if (!maildirs_usable(kept, held, &to))
        checked = CHECKED_FAILURE;
    msg_reset(&out);
    msg_put_u32(&out, checked);
    if (checked == CHECKED_REMOTE) {
        msg_put_u32(&out, remote.keeps);
        msg_put_u32(&out, targets_known_by(&remote));
        msg_put_u32(&out, (uint32_t)remote.n);
        for (size_t i = 0; i < remote.n; i++) {
            msg_put_str(&out, remote.v[i].local);
            msg_put_str(&out, remote.v[i].domain);
        }
    }
    if (out.overflow) {
        msg_reset(&out);
        msg_put_u32(&out, CHECKED_FAILURE);
    }
    chan_send(c, MSG_CHECKED, m->id, &out, -1);
    mailboxes_release(&to);
    return NULL;
}
