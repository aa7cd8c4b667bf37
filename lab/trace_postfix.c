/*
 * Lines of a Postfix, see trace.h:
 *
 *   smtpd, cleanup   ID: reject: RCPT from HOST[IP]: 450 4.2.0 <r>: text;
 *                    from=<s> to=<r> proto=ESMTP helo=<h>
 *                    (also milter-reject; old ones have commas between)
 *   smtpd            ID: client=HOST[IP]
 *   pickup, cleanup  ID: ...  of a message without such a client: our own
 *   qmgr             ID: from=<s>, size=1, nrcpt=1 ...
 *   smtp, local ...  ID: to=<r>, orig_to=<o>, relay=...: r was accepted, when
 *                    the client came
 *   qmgr             ID: removed
 *
 * An accepted message is told when its recipients are: what they were in the
 * dialogue stands nowhere before.  Texts between are strangers': a value ends
 * where the next key begins, and must be an address then.
 */
#include "lab/trace_parts.h"

#include "lib/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE 1024

static const char *const programs[] = {
    "smtpd", "cleanup", "pickup", "qmgr",  "smtp",       "lmtp",
    "local", "virtual", "pipe",   "error", "postscreen", NULL};

struct entry {
    const char *program; /* of programs */
    char id[32], key[256];
    const char *text; /* behind "ID: " */
};

/* "host tag[pid]: ID: text"; false for lines of another kind. */
static bool take_entry(const char *rest, struct entry *e)
{
    char host[128], tag[64];
    const char *slash;
    size_t n;

    e->program = NULL;
    if (sscanf(rest, " %127s %63[^[: ]", host, tag) != 2 ||
        (slash = strrchr(tag, '/')) == NULL)
        return false;
    for (int i = 0; programs[i] != NULL; i++)
        if (strcmp(slash + 1, programs[i]) == 0)
            e->program = programs[i];
    rest = strstr(rest, ": ");
    if (e->program == NULL || rest == NULL)
        return false;
    rest += 2;
    for (n = 0; isalnum((unsigned char)rest[n]); n++)
        ;
    if (n < 5 || n >= sizeof(e->id) || strncmp(rest + n, ": ", 2) != 0)
        return false;
    snprintf(e->id, sizeof(e->id), "%.*s", (int)n, rest);
    /* postfix/smtpd, postfix/submission/smtpd: one queue; postfix-in: another
     */
    tag[strcspn(tag, "/")] = '\0';
    snprintf(e->key, sizeof(e->key), "%s %s %s", host, tag, e->id);
    e->text = rest + n + 2;
    return true;
}

/* The text from behind begin to one of two ends; moves p behind that. */
static bool between(const char **p, const char *begin, const char *end,
                    const char *or_end, char out[VALUE])
{
    const char *from = strstr(*p, begin), *to, *other;

    if (from == NULL)
        return false;
    from += strlen(begin);
    to = strstr(from, end);
    other = strstr(from, or_end);
    if (to == NULL || (other != NULL && other < to))
        to = other;
    if (to == NULL || to - from >= VALUE)
        return false;
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = '\0';
    *p = to;
    return true;
}

/* "HOST[IP]", "HOST[IP]:port"; moves p behind the bracket. */
static bool take_client(const char **p, struct trace_line *out)
{
    const char *open = strchr(*p, '['),
               *close = open != NULL ? strchr(open, ']') : NULL;
    char ip[NETADDR_TEXT + 8], name[256];

    if (close == NULL || close - open > NETADDR_TEXT || open - *p > 255)
        return false;
    snprintf(ip, sizeof(ip), "%.*s", (int)(close - open - 1), open + 1);
    snprintf(name, sizeof(name), "%.*s", (int)(open - *p), *p);
    *p = close + 1;
    trace_name(name, out);
    return netaddr_parse(ip, &out->client);
}

/* Loopback: filters hand back there what they were given. */
static bool is_own(const struct trace_line *l)
{
    static const uint8_t six[16] = {[15] = 1};

    return (l->client.family == 4 && l->client.octets[0] == 127) ||
           (l->client.family == 6 && memcmp(l->client.octets, six, 16) == 0);
}

/* "RCPT from HOST[IP]: 450 4.2.0 text; from=<s> to=<r> proto= ..." */
static enum trace_kind refusal(struct trace_reader *r, const char *p,
                               struct trace_line *out)
{
    char text[VALUE], from[VALUE], to[VALUE];
    const char *client = strstr(p, " from ");

    if (client == NULL)
        return TRACE_OTHER;
    p = client + 6;
    if (!take_client(&p, out) || (p = strstr(p, ": ")) == NULL)
        return TRACE_UNFIT;
    if (is_own(out) || strstr(p, " sasl_username=") != NULL) {
        r->left.own++;
        return TRACE_OTHER;
    }
    if (p[2] != '4') {
        r->left.refused++;
        return TRACE_OTHER;
    }
    if (!between(&p, ": ", "; from=<", "; to=<", text)) {
        snprintf(text, sizeof(text), "%s", p + 2);
        p = "";
    }
    if (!trace_greylists(r, text))
        return TRACE_OTHER;
    return between(&p, "; from=<", "> to=<", ">, to=<", from) &&
                   between(&p, "to=<", "> proto=", ">, proto=", to) &&
                   trace_addresses(from, to, out)
               ? TRACE_ATTEMPT
               : TRACE_UNFIT;
}

static enum trace_kind client(struct trace_reader *r, const struct entry *e,
                              struct trace_line *out)
{
    const char *p = e->text + strlen("client=");
    struct open_message *m;

    if (!take_client(&p, out))
        return TRACE_UNFIT;
    m = trace_open(r, e->key,
                   is_own(out) || strstr(p, ", sasl_") != NULL ||
                           strstr(p, ", orig_client=") != NULL
                       ? ORIGIN_OWN
                       : ORIGIN_STRANGER);
    m->time = out->time;
    m->client = out->client;
    m->name = xstrdup(out->name);
    return TRACE_OTHER;
}

/* The message that the line is about; one that began before the log, too. */
static struct open_message *message(struct trace_reader *r,
                                    const struct entry *e)
{
    struct open_message *m = trace_find(r, e->key);

    return m != NULL ? m : trace_open(r, e->key, ORIGIN_UNKNOWN);
}

static void sender(struct trace_reader *r, const struct entry *e)
{
    struct open_message *m = message(r, e);
    const char *p = e->text;
    char from[VALUE];

    if (!between(&p, "from=<", ">, size=", ">, size=", from))
        return;
    free(m->sender);
    m->sender = xstrdup(from);
}

static enum trace_kind recipient(struct trace_reader *r, const struct entry *e,
                                 struct trace_line *out)
{
    struct open_message *m = message(r, e);
    const char *p = e->text;
    char to[VALUE];

    if (m->origin != ORIGIN_STRANGER || m->sender == NULL)
        return TRACE_OTHER;
    if (!between(&p, "to=<", ">, relay=", ">, orig_to=<", to))
        return TRACE_UNFIT;
    /* As the client said it, before aliases. */
    if (strncmp(p, ">, orig_to=<", 12) == 0 &&
        !between(&p, "orig_to=<", ">, relay=", ">, relay=", to))
        return TRACE_UNFIT;
    if (!trace_tells(m, to))
        return TRACE_OTHER;
    out->time = m->time;
    out->client = m->client;
    snprintf(out->name, sizeof(out->name), "%s", m->name);
    out->passed = true;
    return trace_addresses(m->sender, to, out) ? TRACE_ATTEMPT : TRACE_UNFIT;
}

static bool begins(const struct entry *e, const char *program, const char *with)
{
    return (program == NULL || strcmp(e->program, program) == 0) &&
           strncmp(e->text, with, strlen(with)) == 0;
}

enum trace_kind trace_postfix(struct trace_reader *r, const char *rest,
                              struct trace_line *out)
{
    struct open_message *m;
    struct entry e;

    out->postfix = true;
    if (!take_entry(rest, &e))
        return TRACE_OTHER;
    if (begins(&e, NULL, "reject: "))
        return refusal(r, e.text + strlen("reject: "), out);
    if (begins(&e, NULL, "milter-reject: "))
        return refusal(r, e.text + strlen("milter-reject: "), out);
    if (strcmp(e.id, "NOQUEUE") == 0)
        return TRACE_OTHER;
    if (begins(&e, "smtpd", "client="))
        return client(r, &e, out);
    if (begins(&e, "pickup", "uid=") ||
        (begins(&e, "cleanup", "message-id=") && !trace_find(r, e.key)))
        trace_open(r, e.key, ORIGIN_OWN);
    else if (begins(&e, "qmgr", "from=<"))
        sender(r, &e);
    else if (begins(&e, "qmgr", "removed") && (m = trace_find(r, e.key)))
        trace_close(r, m);
    else if (begins(&e, NULL, "to=<"))
        return recipient(r, &e, out);
    return TRACE_OTHER;
}
