/*
 * A message of a sender and its fate, see fate.h.  The sender decides (the
 * pure lab/sender.h), the receiver answers; here they meet, under the clock
 * of the attempts.
 *
 * What was stored counts as delivered whatever its sender believes; what was
 * not, is lost, or bounced if the sender tells whoever wrote it.
 */
#include "lab/fate.h"

#include <stdio.h>
#include <string.h>

unsigned site_networks(const struct profile *p)
{
    return p->pool == POOL_MANY ? p->addresses : 1;
}

static struct netaddr address(const struct site *s, unsigned i)
{
    bool many = s->profile->pool == POOL_MANY;
    unsigned net = (s->network + (many ? i : 0)) % SITE_NETWORKS;
    unsigned host = many ? 25 : 25 + i;

    return (struct netaddr){.family = 4,
                            .octets = {(uint8_t)(240 + (net >> 16)),
                                       (uint8_t)(net >> 8), (uint8_t)net,
                                       (uint8_t)host}};
}

/* "mail.ru", 7 -> "mail-ru-7.example" */
static void domain(const struct site *s, char *out, size_t size)
{
    snprintf(out, size, "%s-%u.example", s->profile->name, s->number);
    for (char *dot = strchr(out, '.'); dot != NULL && strcmp(dot, ".example");
         dot = strchr(dot, '.'))
        *dot = '-';
}

/* The name of an address, as the receiver's resolver would verify it. */
static void host_name(const struct site *s, unsigned i, char *out, size_t size)
{
    struct netaddr a = address(s, i);
    const uint8_t *o = a.octets;
    char of[80];

    out[0] = '\0';
    domain(s, of, sizeof(of));
    if (s->profile->names == NAMES_OWN)
        snprintf(out, size, "mail%u.%s", i + 1, of);
    else if (s->profile->names == NAMES_DIALUP)
        snprintf(out, size, "%u-%u-%u-%u.dsl.provider.example", o[0], o[1],
                 o[2], o[3]);
}

/*
 * A new sender address is spelt in letters: digits and tags are what the
 * greylist leaves out of an address.
 */
static void sender_text(const struct site *s, unsigned which, char *out,
                        size_t size)
{
    char of[80], word[8] = "aaaaaaa";

    domain(s, of, sizeof(of));
    for (int i = 6; i >= 0; i--, which /= 26)
        word[i] = (char)('a' + which % 26);
    if (s->profile->sender == SENDER_NULL)
        out[0] = '\0';
    else if (s->profile->sender == SENDER_NEW)
        snprintf(out, size, "list-%s@%s", word, of);
    else
        snprintf(out, size, "sender@%s", of);
}

void message_begin(struct message *m, const struct site *site, unsigned mxs,
                   const char *recipient, uint64_t seed, int64_t now)
{
    memset(m, 0, sizeof(*m));
    m->site = site;
    snprintf(m->recipient, sizeof(m->recipient), "%s", recipient);
    sender_begin(&m->sender, site->profile, mxs, seed, now, &m->next);
}

static enum fate fate_of(const struct message *m, enum sender_next next)
{
    if (m->stored > 0)
        return FATE_DELIVERED;
    if (next == SENDER_DONE && m->site->profile->last_step < STEP_DOT)
        return FATE_ANSWERED;
    return next == SENDER_BOUNCED ? FATE_BOUNCED : FATE_LOST;
}

bool message_step(struct message *m, struct receiver *r)
{
    const struct site *s = m->site;
    char name[160], helo[160], from[160], to[400];
    struct visit v = {.now = m->next.at,
                      .client = address(s, m->next.address),
                      .name = name,
                      .helo = name,
                      .from = from,
                      .to = to,
                      .profile = s->profile};
    enum sender_next next;

    host_name(s, m->next.address, name, sizeof(name));
    if (name[0] == '\0') {
        domain(s, helo, sizeof(helo));
        v.helo = helo;
    }
    sender_text(s, m->next.sender, from, sizeof(from));
    snprintf(to, sizeof(to), "%s@%s", m->recipient, receiver_domain(r));
    m->last.attempt = m->next;
    m->last.client = v.client;
    receiver_visit(r, &v, &m->last.end);
    if (m->last.end.stored && m->stored++ == 0)
        m->stored_at = v.now;
    next = sender_after(&m->sender, m->last.end.step, m->last.end.code,
                        m->last.end.wait_sec, v.now + m->last.end.late_sec,
                        &m->next);
    m->fate = fate_of(m, next);
    return next == SENDER_RETRY;
}

char *message_why(const struct message *m, char *out, size_t size)
{
    const struct visit_end *e = &m->last.end;
    char said[300];

    if (e->code == 0)
        snprintf(said, sizeof(said), "a lost connection at %s",
                 profile_step_word(e->step));
    else
        snprintf(said, sizeof(said), "%u at %s", e->code,
                 profile_step_word(e->step));
    switch (m->sender.why) {
    case WHY_REPLY:
        snprintf(out, size, "takes %s for final%s", said,
                 m->fate == FATE_BOUNCED ? "" : ", and says nothing");
        break;
    case WHY_TIMES:
        snprintf(out, size, "gives up after attempt %u: %s",
                 m->last.attempt.number, said);
        break;
    case WHY_LIFETIME:
        snprintf(out, size, "gives up at the end of its lifetime: %s", said);
        break;
    case WHY_NOTHING:
        snprintf(out, size, "%s", e->reply);
        break;
    }
    return out;
}

const char *fate_word(enum fate f)
{
    static const char *const words[] = {"delivered", "answered", "bounced",
                                        "lost"};

    return words[f];
}

const char *fate_sentence(enum fate f)
{
    static const char *const words[] = {"delivered", "a probe, answered",
                                        "bounced: its writer is told",
                                        "lost in silence"};

    return words[f];
}
