/*
 * Who is known here, see recipients.h.
 *
 * A search goes from an address through aliases to mailboxes.  It ends: each
 * alias is followed once in each domain, conf->postmaster once, and not more
 * than ALIASES_TARGETS targets in all.  Outside of the order of questions
 * there is only one look at the world, whether a folder exists
 * (mailbox_find.c).
 */
#include "queue/recipients.h"

#include "lib/log.h"
#include "queue/mailbox_find.h"
#include "queue/names.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct search {
    const struct recipients *r;
    struct mailboxes *out;
    struct followed {
        const struct alias *alias;
        const char *domain;
    } followed[ALIASES_TARGETS + 1];
    size_t nfollowed, targets;
    size_t found, missing;   /* places; targets that are none */
    size_t here;             /* of the places */
    struct targets *leaving; /* or NULL */
    bool remote, unclear, postmaster_used;
};

/* A place outside of this house, once. */
static void add_remote(struct search *s, const char *local, const char *domain)
{
    struct targets *t = s->leaving;
    struct target *new;

    s->remote = true;
    s->found++;
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->v[i].local, local) == 0 &&
            strcmp(t->v[i].domain, domain) == 0)
            return;
    if (t->n == ALIASES_TARGETS) {
        s->unclear = true;
        return;
    }
    new = &t->v[t->n++];
    snprintf(new->local, sizeof(new->local), "%s", local);
    snprintf(new->domain, sizeof(new->domain), "%s", domain);
}

void recipients_postmaster(const struct conf *conf, char *out, size_t size)
{
    snprintf(out, size, "%s/postmaster", conf->state);
}

/* Adds the mailbox that answers for a name, if there is one. */
static bool add_mailbox(struct search *s, const char *local, const char *domain)
{
    enum presence p = mailbox_find(s->r, local, domain, s->out);

    s->unclear |= p == UNCLEAR;
    s->found += p != ABSENT;
    s->here += p == PRESENT;
    return p != ABSENT;
}

static void expand(struct search *s, const char *local, const char *domain);

static void expand_target(struct search *s, const struct alias *from,
                          const char *from_domain, const struct alias_target *t)
{
    const char *domain = from_domain;

    if (t->domain[0] != '\0')
        domain = names_find(&s->r->conf->domains, t->domain);
    if (++s->targets > ALIASES_TARGETS) {
        s->unclear = true;
    } else if (domain == NULL) {
        add_remote(s, t->local, t->domain);
    } else if (strcmp(domain, from_domain) == 0 &&
               aliases_find(s->r->aliases, t->local, domain) == from) {
        /* An alias that names itself means the mailbox behind it. */
        s->missing += !add_mailbox(s, t->local, domain);
    } else {
        expand(s, t->local, domain);
    }
}

static void follow(struct search *s, const struct alias *alias,
                   const char *domain)
{
    for (size_t i = 0; i < s->nfollowed; i++)
        if (s->followed[i].alias == alias &&
            strcmp(s->followed[i].domain, domain) == 0)
            return;
    if (s->nfollowed > ALIASES_TARGETS) {
        s->unclear = true;
        return;
    }
    s->followed[s->nfollowed++] = (struct followed){alias, domain};
    for (size_t i = 0; i < alias->ntargets; i++)
        expand_target(s, alias, domain, &alias->targets[i]);
}

static void follow_setting(struct search *s)
{
    const char *domain;
    struct address to;

    if (s->postmaster_used || s->r->conf->postmaster == NULL ||
        address_parse(s->r->conf->postmaster, ADDRESS_UTF8, &to) != ADDRESS_OK)
        return;
    s->postmaster_used = true;
    domain = names_find(&s->r->conf->domains, to.domain);
    if (domain != NULL)
        expand(s, to.local, domain);
    else
        add_remote(s, to.local, to.domain);
}

static void add_state_folder(struct search *s)
{
    char path[PATH_MAX];
    struct mailbox m = {
        .path = path, .uid = s->r->uid, .gid = s->r->gid, .make = true};

    recipients_postmaster(s->r->conf, path, sizeof(path));
    mailboxes_add(s->out, &m);
    s->found++;
    s->here++;
}

/* An address in a domain of ours. */
static void expand(struct search *s, const char *local, const char *domain)
{
    const struct alias *alias = aliases_find(s->r->aliases, local, domain);
    bool postmaster = strcasecmp(local, "postmaster") == 0;
    size_t before = s->found;

    if (alias != NULL) {
        follow(s, alias, domain);
    } else {
        if (add_mailbox(s, local, domain))
            return;
        if (postmaster)
            follow_setting(s);
        alias = aliases_catch_all(s->r->aliases, domain);
        if (s->found == before && alias != NULL)
            follow(s, alias, domain);
    }
    if (s->found == before && postmaster)
        add_state_folder(s);
    if (s->found == before && alias == NULL)
        s->missing++;
}

static enum checked resolve(struct search *s, const char *local,
                            const char *domain)
{
    const struct conf *c = s->r->conf;

    if (!names_local(local))
        return CHECKED_UNKNOWN;
    /* Bare, and at our own name, it is the postmaster of all (§4.5.1). */
    if ((domain[0] == '\0' || strcasecmp(domain, c->hostname) == 0) &&
        strcasecmp(local, "postmaster") == 0 && c->domains.n > 0)
        domain = c->domains.v[0];
    if (names_ours(&c->queue.relay_domains, domain)) {
        add_remote(s, local, domain);
        return CHECKED_REMOTE;
    }
    domain = names_find(&c->domains, domain);
    if (domain == NULL)
        return CHECKED_NOT_OURS;
    expand(s, local, domain);
    if (s->unclear)
        return CHECKED_FAILURE;
    if (s->remote)
        return CHECKED_REMOTE;
    return s->found > 0 ? CHECKED_LOCAL : CHECKED_UNKNOWN;
}

enum checked recipients_resolve(const struct recipients *r, const char *local,
                                const char *domain, struct mailboxes *out,
                                size_t *missing)
{
    struct search s = {.r = r, .out = out};
    enum checked checked = resolve(&s, local, domain);

    if (missing != NULL)
        *missing += s.missing;
    return checked;
}

enum checked recipients_follow(const struct recipients *r, const char *local,
                               const char *domain, struct mailboxes *out,
                               size_t *missing, struct targets *remote)
{
    struct search s = {.r = r, .out = out, .leaving = remote};
    enum checked checked;

    remote->n = 0;
    checked = resolve(&s, local, domain);
    remote->keeps = s.here > 0;
    if (missing != NULL)
        *missing += s.missing;
    return checked;
}

static uint32_t mix(uint32_t h, const char *text)
{
    do
        h = (h ^ (unsigned char)*text) * 16777619u; /* FNV-1a */
    while (*text++ != '\0');
    return h;
}

uint32_t targets_known_by(const struct targets *t)
{
    uint32_t h = 2166136261u;

    if (t->n == 0)
        return 0;
    for (size_t i = 0; i < t->n; i++)
        h = mix(mix(h, t->v[i].local), t->v[i].domain);
    return h != 0 ? h : 1;
}
