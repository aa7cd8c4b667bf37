/*
 * Who is known here: an address of an envelope -> the folders it goes to.
 *
 * In a domain of ours, the first of these that there is answers for an
 * address; each is tried as written and, for a mailbox, in lower case too:
 *
 *   an alias of that name, or of the name without "+detail"
 *   a mailbox of that name, or of the name without "+detail"
 *   for postmaster: conf->postmaster, when it leads somewhere
 *   the catch-all alias of the domain
 *   for postmaster: the Maildir "postmaster" in the state folder, also when
 *   an alias of that name leads nowhere
 *
 * so that postmaster, in any case, in every domain and without one, is always
 * known (RFC 5321 §4.5.1).  A virtual mailbox exists when its folder does; a
 * mailbox of a system account when that account is in accounts.
 */
#ifndef TARRY_RECIPIENTS_H
#define TARRY_RECIPIENTS_H

#include "lib/msg.h"
#include "queue/accounts.h"
#include "queue/aliases.h"
#include "queue/mailboxes.h"

struct recipients {
    const struct conf *conf;   /* outlives this */
    struct aliases *aliases;   /* NULL: none */
    struct accounts *accounts; /* NULL unless mailboxes are accounts' */
    uid_t uid; /* whose virtual mailboxes are, and postmaster's */
    gid_t gid;
};

/*
 * Decides, and adds the folders to out (whose recipient the caller sets).
 * CHECKED_REMOTE when a part of it leaves the house: out has what stays.
 * Targets that do not exist are counted in *missing (NULL is fine); one is
 * enough for an alias to be known.  local and domain may be anything.
 */
enum checked recipients_resolve(const struct recipients *r, const char *local,
                                const char *domain, struct mailboxes *out,
                                size_t *missing);

/* Where an alias leads to outside of this house. */
struct targets {
    bool keeps; /* a part of it stays here */
    size_t n;
    struct target {
        char local[ADDRESS_LOCAL + 1], domain[ADDRESS_DOMAIN + 1];
    } v[ALIASES_TARGETS];
};

/*
 * The same; with CHECKED_REMOTE out has the folders of the part that stays
 * here, maybe none, and remote where the rest goes.  So is an address in one
 * of conf->queue.relay_domains.
 */
enum checked recipients_follow(const struct recipients *r, const char *local,
                               const char *domain, struct mailboxes *out,
                               size_t *missing, struct targets *remote);

/*
 * A number by which to see that a recipient still leads to the same places
 * outside of this house: 0 for none, never for some.
 */
uint32_t targets_known_by(const struct targets *t);

/*
 * Looks at each alias as things are.  Logs a warning for one that leads
 * nowhere; returns -1 when one leads to more places outside of this house than
 * queue can be told of (lib/msg.h), all of them in err, "file:line: what is
 * wrong", one a line.
 */
int recipients_check(const struct recipients *r, char *err, size_t size);

/* The Maildir of postmaster in the state folder. */
void recipients_postmaster(const struct conf *conf, char *out, size_t size);

#endif
