/*
 * Whether there is a mailbox of a name: the template of the settings filled
 * in, and one look at the world, whether that folder exists.  Where this
 * cannot be told (a file server that is away) the answer is UNCLEAR, which
 * becomes "not now", never "unknown".
 *
 * No path is made of a local part that names_component() refuses, and of no
 * domain but a configured one, so no recipient leads out of the mailboxes.
 */
#include "queue/mailbox_find.h"

#include "queue/identity.h"
#include "queue/names.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* The template with %u, %d and %% replaced. False when it is too long. */
static bool fill(const char *template, const char *local, const char *domain,
                 char *out, size_t size)
{
    size_t len = 0;

    for (const char *p = template; *p != '\0'; p++) {
        const char *piece = p;
        size_t n = 1;

        if (p[0] == '%' && p[1] != '\0') {
            p++;
            piece = *p == 'u' ? local : *p == 'd' ? domain : p;
            n = piece == p ? 1 : strlen(piece);
        }
        if (len + n >= size)
            return false;
        memcpy(out + len, piece, n);
        len += n;
    }
    out[len] = '\0';
    return true;
}

static enum presence look(const struct mailbox *m)
{
    struct stat st;

    if (identity_assume(m->uid, m->gid) != 0)
        return UNCLEAR;
    if (stat(m->path, &st) == 0)
        return S_ISDIR(st.st_mode) ? PRESENT : ABSENT;
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
        return ABSENT;
    return UNCLEAR;
}

/* The mailbox of just this name. */
static enum presence find_named(const struct recipients *r, const char *local,
                                const char *domain, struct mailboxes *out)
{
    struct mailbox m = {.uid = r->uid, .gid = r->gid};
    const char *template = r->conf->mailboxes;
    char path[PATH_MAX];
    enum presence p = PRESENT;
    size_t home = 0;

    if (r->conf->mailboxes_system) {
        const struct account *a = accounts_find(r->accounts, local);

        if (a == NULL || (home = strlen(a->home)) >= sizeof(path))
            return ABSENT;
        memcpy(path, a->home, home);
        m.uid = a->uid;
        m.gid = a->gid;
        m.make = true;
        template ++; /* the home is its "~" */
    }
    if (!fill(template, local, domain, path + home, sizeof(path) - home))
        return ABSENT;
    m.path = path;
    if (!m.make && !mailboxes_has(out, path))
        p = look(&m);
    if (p == PRESENT)
        mailboxes_add(out, &m);
    return p;
}

static enum presence find_any_case(const struct recipients *r,
                                   const char *local, const char *domain,
                                   struct mailboxes *out)
{
    char lower[ADDRESS_LOCAL + 1];
    enum presence p = find_named(r, local, domain, out);

    if (p == ABSENT && names_lower(local, lower))
        p = find_named(r, lower, domain, out);
    return p;
}

enum presence mailbox_find(const struct recipients *r, const char *local,
                           const char *domain, struct mailboxes *out)
{
    char user[ADDRESS_LOCAL + 1];
    enum presence p;

    if (!names_component(local))
        return ABSENT;
    p = find_any_case(r, local, domain, out);
    if (p == ABSENT && names_strip(local, r->conf->detail_separator[0], user))
        p = find_any_case(r, user, domain, out);
    return p;
}
