/*
 * Reads MSG_OPEN: u32 flags (none yet), the session's name, the sender, and
 * the recipients.  It comes from the program that talks to strangers, and so
 * could be anything: the sender is parsed anew, since it is written into the
 * message; recipients are resolved anew, since they say where it goes.
 *
 * Aliases may have changed since CHECK.  What a recipient leads to here is
 * taken as it is now; but what it leads to elsewhere is with queue as CHECK
 * said, or nowhere.  Where that is not the same any more the whole delivery
 * fails, and the sender comes back.
 */
#include "queue/envelope.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

static bool read_session(struct msg_in *in, struct delivery *d)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789.-";

    return msg_get_str(in, d->session, sizeof(d->session)) &&
           d->session[0] != '\0' &&
           d->session[strspn(d->session, allowed)] == '\0';
}

static bool read_sender(struct msg_in *in, struct delivery *d)
{
    char text[ADDRESS_TEXT];
    struct address a;

    if (!msg_get_str(in, text, sizeof(text)))
        return false;
    if (text[0] != '\0') {
        if (address_parse(text, ADDRESS_UTF8, &a) != ADDRESS_OK)
            return false;
        address_text(&a, text, sizeof(text));
    }
    d->sender = xstrdup(text);
    return true;
}

/* Some of it is here, and the rest with queue: as it was when they asked. */
static bool as_promised(enum checked now, const struct targets *elsewhere,
                        uint32_t known_by)
{
    return (now == CHECKED_LOCAL && known_by == 0) ||
           (now == CHECKED_REMOTE && elsewhere->keeps &&
            known_by == targets_known_by(elsewhere));
}

/* names[i] is set to what stands in Delivered-To. */
static bool read_recipients(struct msg_in *in, const struct recipients *r,
                            struct delivery *d, struct mailboxes *to,
                            char **names)
{
    static struct targets elsewhere;
    char text[ADDRESS_TEXT];

    for (unsigned i = 0; i < d->recipients; i++) {
        struct address a = {0};
        enum checked checked;
        uint32_t known_by;

        if (!msg_get_str(in, a.local, sizeof(a.local)) ||
            !msg_get_str(in, a.domain, sizeof(a.domain)) ||
            !msg_get_u32(in, &known_by))
            return false;
        to->recipient = i;
        checked = recipients_follow(r, a.local, a.domain, to, &d->missing,
                                    &elsewhere);
        if (!as_promised(checked, &elsewhere, known_by))
            delivery_fail(d, "a recipient leads elsewhere by now", NULL, 0);
        names[i] = xstrdup(address_text(&a, text, sizeof(text)));
    }
    return msg_done(in);
}

static void name_files(struct delivery *d, const struct mailboxes *to,
                       char **names, const char *hostname)
{
    d->nfiles = to->n;
    d->files = xcalloc(d->nfiles, sizeof(*d->files));
    for (size_t i = 0; i < d->nfiles; i++) {
        d->files[i].delivered_to = xstrdup(names[to->v[i]->recipient]);
        maildir_name(hostname, d->files[i].name);
    }
}

struct delivery *envelope_read(struct msg_in *in, const struct recipients *r,
                               const char *hostname, struct mailboxes *to)
{
    char **names = xcalloc(ENVELOPE_RECIPIENTS, sizeof(*names));
    struct delivery *d = xcalloc(1, sizeof(*d));
    uint32_t flags, n;
    bool fine = false;

    d->fd = d->from = -1;
    if (!msg_get_u32(in, &flags) || flags != 0 || !read_session(in, d) ||
        !read_sender(in, d) || !msg_get_u32(in, &n) || n == 0 ||
        n > ENVELOPE_RECIPIENTS)
        goto out;
    d->recipients = n;
    if (!read_recipients(in, r, d, to, names))
        goto out;
    name_files(d, to, names, hostname);
    fine = true;
out:
    for (size_t i = 0; i < ENVELOPE_RECIPIENTS; i++)
        free(names[i]);
    free(names);
    if (fine)
        return d;
    delivery_free(d);
    return NULL;
}
