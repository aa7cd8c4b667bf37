/*
 * Whom a command of the administrator names, and what is told of records.
 *
 * An administrator knows a client by the address or name that stands in the
 * log, the store by its identity; here the one becomes the other, by the
 * settings in force.  Nothing is asked of a name server.
 */
#include "greylist/admin_parts.h"

#include "greylist/suffix.h"
#include "lib/log.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

json_t *admin_string(const char *text)
{
    json_t *s = json_string(text);
    char *copy;

    if (s != NULL)
        return s;
    copy = xstrdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    s = json_string(copy);
    free(copy);
    return s;
}

void admin_say(struct question *q, json_t *line)
{
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;

    if (text == NULL)
        fatal(EX_OSERR, "out of memory");
    evbuffer_add_printf(q->out, "%s\n", text);
    free(text);
    json_decref(line);
}

bool admin_identity(struct question *q, const char *word,
                    char out[IDENTITY_TEXT])
{
    const struct judge_settings *s = q->decider->settings;
    const char *registered;
    struct netaddr client;

    if (netaddr_parse(word, &client)) {
        identity_text(&s->identity, &client, "", out);
        return true;
    }
    if (strlen(word) >= IDENTITY_TEXT || word[0] == '\0')
        return admin_refuse(q, "%.60s: no client", word);
    for (size_t i = 0; i <= strlen(word); i++)
        out[i] = (char)tolower((unsigned char)word[i]);
    registered = strchr(out, '/') == NULL ? suffix_registered(out) : NULL;
    if (registered != NULL)
        memmove(out, registered, strlen(registered) + 1);
    return true;
}

bool admin_is_identity(const struct question *q, const char *identity)
{
    const struct identity_settings *s = &q->decider->settings->identity;
    char address[IDENTITY_TEXT], made[IDENTITY_TEXT];
    struct netaddr client;

    snprintf(address, sizeof(address), "%.*s", (int)strcspn(identity, "/"),
             identity);
    if (netaddr_parse(address, &client))
        return strcmp(identity_text(s, &client, "", made), identity) == 0;
    return s->mode == IDENTITY_DOMAIN &&
           suffix_registered(identity) == identity;
}

static bool read_address(struct question *q, const char *word, unsigned flags,
                         struct address *out)
{
    enum address_error e = ADDRESS_OK;

    memset(out, 0, sizeof(*out));
    if (!((flags & ADDRESS_NULL) && (!*word || strcmp(word, "<>") == 0)))
        e = address_parse(word, flags | ADDRESS_UTF8, out);
    return e == ADDRESS_OK ||
           admin_refuse(q, "%.100s: %s", word, address_error_text(e));
}

bool admin_sender(struct question *q, const char *word, char out[NORMAL_TEXT])
{
    struct address a;

    if (!read_address(q, word, ADDRESS_NULL, &a))
        return false;
    normal_sender(&a, out);
    return true;
}

bool admin_recipient(struct question *q, const char *word,
                     char out[NORMAL_TEXT])
{
    struct address a;

    if (!read_address(q, word, ADDRESS_POSTMASTER, &a))
        return false;
    normal_recipient(&a, out);
    return true;
}

static const struct policy *policy_of(const struct question *q)
{
    return &q->decider->settings->policy;
}

/* What the policy would say of an attempt made now, nothing being stored. */
static struct outcome probe(const struct question *q, const struct record *r,
                            const struct client_record *c)
{
    static const struct client_record nobody;
    struct outcome o;

    policy_decide(policy_of(q), r, c != NULL ? c : &nobody, time(NULL), &o);
    return o;
}

const char *admin_state(const struct question *q, const struct record *r)
{
    switch (probe(q, r, NULL).decision) {
    case DECISION_KNOWN:
        return "passed";
    case DECISION_EARLY:
    case DECISION_RETURNED:
        return "waiting";
    default:
        return "old";
    }
}

const char *admin_client_state(const struct question *q,
                               const struct client_record *c)
{
    static const struct record nothing;

    if (probe(q, &nothing, c).decision == DECISION_CLIENT)
        return "free";
    return policy_client_expired(policy_of(q), c, time(NULL)) ? "old"
                                                              : "counting";
}

/* A time of a record; 0 means never. */
static json_t *moment(int64_t t)
{
    return t != 0 ? json_integer(t) : json_null();
}

json_t *admin_triplet(const struct question *q, const struct store_entry *e)
{
    const struct record *r = &e->record;
    struct outcome o = probe(q, r, NULL);

    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I}", "state",
        admin_state(q, r), "identity", admin_string(e->identity), "sender",
        admin_string(e->sender), "recipient", admin_string(e->recipient),
        "first", moment(r->first), "last", moment(r->last), "passed",
        moment(r->passed), "refused", (json_int_t)r->refused, "accepted",
        (json_int_t)r->accepted, "wait",
        (json_int_t)(o.decision == DECISION_EARLY ? o.wait_sec : 0));
}

json_t *admin_client(const struct question *q, const char *identity,
                     const struct client_record *c)
{
    return json_pack(
        "{s:s, s:o, s:I, s:o, s:b}", "state", admin_client_state(q, c),
        "identity", admin_string(identity), "triplets", (json_int_t)c->passed,
        "last", moment(c->last), "by_hand", c->passed == UINT32_MAX);
}
