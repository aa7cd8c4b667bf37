/*
 * The command that lets a lost sender in, see senders.h.
 *
 * A whole client is let in where that can be; of one that came from several
 * networks, each.  Where auto-allow is 0 only a triplet can, which helps if
 * the next message has the same sender.
 */
#include "ctl/senders.h"

#include "ctl/text.h"

#include <stdio.h>
#include <string.h>

/* Different identities of a message, at most EXEMPT_NETWORKS. */
static size_t identities(const struct senders *s, const struct message *m,
                         uint32_t out[EXEMPT_NETWORKS])
{
    size_t n = 0, i;

    for (uint32_t k = 0; k < m->n && n < EXEMPT_NETWORKS; k++) {
        uint32_t identity = senders_try(s, m, k)->identity;

        for (i = 0; i < n && out[i] != identity; i++)
            ;
        if (i == n)
            out[n++] = identity;
    }
    return n;
}

/* Words that begin with '-' would be taken for options. */
static bool add_command(const char *tarryctl, const char *const *words,
                        size_t n, char out[EXEMPT_TEXT])
{
    size_t len = strlen(out);
    bool dashes = false;

    for (size_t i = 0; i < n; i++)
        dashes |= words[i][0] == '-';
    if (len + strlen(tarryctl) + 32 > EXEMPT_TEXT)
        return false;
    snprintf(out + len, EXEMPT_TEXT - len, "%s%s%s greylist allow",
             len > 0 ? " && " : "", tarryctl, dashes ? " --" : "");
    for (size_t i = 0; i < n; i++)
        if (!text_shell(words[i], out, EXEMPT_TEXT))
            return false;
    return true;
}

bool senders_exempt(const struct senders *s, const struct lost *l,
                    const char *tarryctl, char out[EXEMPT_TEXT])
{
    const struct message *m = &s->messages[l->message];
    const struct tried *t = senders_try(s, m, 0);
    uint32_t from[EXEMPT_NETWORKS];
    size_t n = identities(s, m, from);
    bool whole = s->q.auto_allow > 0;

    out[0] = '\0';
    if (!whole && (l->why & WHY_OTHER_SENDER))
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *words[] = {senders_text(s, from[i]),
                               senders_text(s, t->sender),
                               senders_text(s, t->recipient)};

        if (!add_command(tarryctl, words, whole ? 1 : 3, out))
            return false;
    }
    return true;
}
