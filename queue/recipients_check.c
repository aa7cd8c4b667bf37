/*
 * What can be said of the aliases before anybody asks for them: which lead to
 * no mailbox, and which lead to more addresses elsewhere than fit the messages
 * between the programs.  The first may be mended at any time, by making the
 * mailbox; the second is a mistake in the file.
 *
 * It resolves each alias in each of its domains, just as for a recipient.  A
 * catch-all that answers for a mailbox removed later may still lead to too
 * many; that recipient is then deferred.
 */
#include "queue/recipients.h"

#include "lib/log.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ORCPT_TYPE "rfc822;"

struct finding {
    bool known;
    const char *wrong; /* NULL: nothing */
    size_t elsewhere;
};

/* An alias of that name, and still only what answers in any case. */
static bool only_state_folder(const struct recipients *r, const struct alias *a,
                              const struct mailboxes *to)
{
    char path[PATH_MAX];

    recipients_postmaster(r->conf, path, sizeof(path));
    return strcasecmp(a->local, "postmaster") == 0 && to->n == 1 &&
           strcmp(to->v[0]->path, path) == 0;
}

/*
 * One place is for the recipient itself, whose success queue may have to
 * report; and senders add an ORCPT to each, which usually is its address.
 */
static void measure(const struct alias *a, const char *domain,
                    const struct targets *t, struct finding *f)
{
    size_t orcpt = strlen(ORCPT_TYPE) + strlen(a->local) + 1 + strlen(domain);
    size_t octets = ADDRESS_TEXT + SPOOL_ADDRESS_OCTETS + orcpt;

    for (size_t i = 0; i < t->n; i++)
        octets += strlen(t->v[i].local) + strlen(t->v[i].domain) + orcpt +
                  SPOOL_ADDRESS_OCTETS;
    f->elsewhere = t->n;
    if (t->n > SPOOL_ADDRESSES - 1)
        f->wrong = "and the queue takes 999 for one recipient";
    else if (octets > SPOOL_OCTETS)
        f->wrong = "that are too long together for one recipient; divide it";
}

static void look(const struct recipients *r, const struct alias *a,
                 struct finding *f)
{
    static struct targets elsewhere;
    const struct strings *domains = &r->conf->domains;
    /* No mailbox is likely to have this name, so the catch-all answers. */
    const char *local = a->local[0] != '\0' ? a->local : "..";

    for (size_t i = 0; i < domains->n && f->wrong == NULL; i++) {
        struct mailboxes to = {0};
        enum checked c;

        if (a->domain[0] != '\0' && strcmp(a->domain, domains->v[i]) != 0)
            continue;
        c = recipients_follow(r, local, domains->v[i], &to, NULL, &elsewhere);
        f->known =
            f->known || (c != CHECKED_UNKNOWN &&
                         (c != CHECKED_LOCAL || !only_state_folder(r, a, &to)));
        measure(a, domains->v[i], &elsewhere, f);
        mailboxes_release(&to);
    }
}

int recipients_check(const struct recipients *r, char *err, size_t size)
{
    int status = 0;

    err[0] = '\0';
    for (size_t i = 0; r->aliases != NULL && i < r->aliases->n; i++) {
        const struct alias *a = &r->aliases->v[i];
        const char *at = a->domain[0] != '\0' ? "@" : "";
        struct finding f = {0};
        size_t used = strlen(err);

        look(r, a, &f);
        if (f.wrong != NULL) {
            snprintf(err + used, size - used,
                     "%s%s:%u: %s%s%s: leads to %zu addresses elsewhere%s %s",
                     used > 0 ? "\n" : "", r->conf->aliases, a->line, a->local,
                     at, a->domain, f.elsewhere,
                     f.elsewhere > SPOOL_ADDRESSES - 1 ? "," : "", f.wrong);
            status = -1;
        } else if (!f.known) {
            log_warn("%s:%u: %s%s%s leads to no mailbox", r->conf->aliases,
                     a->line, a->local, at, a->domain);
        }
    }
    return status;
}
