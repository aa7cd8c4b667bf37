/*
 * Lines of logs, see trace.h.
 *
 * A line is strangers' text in part: only the words in front of it make it an
 * attempt, and a value ends where its log says it ends.
 */
#include "lab/trace_parts.h"

#include <stdio.h>
#include <string.h>

#define VALUE 1024

/* The octet that "\xHH" or "\c" means; moves behind it. */
static char unescape(const char **p)
{
    unsigned octet;

    if ((*p)[1] == 'x' && sscanf(*p + 2, "%2x", &octet) == 1) {
        *p += 4;
        return (char)octet;
    }
    *p += 2;
    return (*p)[-1];
}

/* A value, in quotes or not; moves behind it. False when it is too long. */
static bool take_value(const char **p, char out[VALUE])
{
    bool quoted = **p == '"';
    size_t n = 0;

    *p += quoted;
    while (**p != '\0' && **p != '\n' && **p != (quoted ? '"' : ' ') &&
           n < VALUE - 1)
        out[n++] = **p == '\\' && (*p)[1] != '\0' ? unescape(p) : *(*p)++;
    out[n] = '\0';
    *p += quoted && **p == '"';
    return n < VALUE - 1;
}

/* The value of a key among a tarryd's "key=value key=value". */
static bool tarry_value(const char *line, const char *key, char out[VALUE])
{
    size_t len = strlen(key), n;

    while (*line != '\0') {
        line += strspn(line, " ");
        n = strcspn(line, "= ");
        if (line[n] != '=')
            return false;
        bool found = n == len && strncmp(line, key, len) == 0;

        line += n + 1;
        if (!take_value(&line, out))
            return false;
        if (found)
            return true;
    }
    return false;
}

/* " key=value, " of a postgrey's; nothing is escaped there. */
static bool postgrey_value(const char *line, const char *key, char out[VALUE])
{
    char find[32];
    const char *p;
    size_t n;

    snprintf(find, sizeof(find), " %s=", key);
    p = strstr(line, find);
    if (p == NULL)
        return false;
    p += strlen(find);
    n = strcspn(p, ",\n");
    if (n >= VALUE)
        return false;
    memcpy(out, p, n);
    out[n] = '\0';
    return true;
}

bool trace_addresses(const char *sender, const char *recipient,
                     struct trace_line *out)
{
    memset(&out->sender, 0, sizeof(out->sender));
    if (sender[0] != '\0' && strcmp(sender, "<>") != 0 &&
        address_parse(sender, ADDRESS_UTF8, &out->sender) != ADDRESS_OK)
        return false;
    return address_parse(recipient, ADDRESS_POSTMASTER | ADDRESS_UTF8,
                         &out->recipient) == ADDRESS_OK;
}

void trace_name(const char *name, struct trace_line *out)
{
    out->name[0] = '\0';
    if (strcmp(name, "unknown") != 0 && address_is_hostname(name, strlen(name)))
        snprintf(out->name, sizeof(out->name), "%.255s", name);
}

/* An identity that is neither a network nor an address is a domain. */
static void take_identity(const char *identity, struct trace_line *out)
{
    struct netaddr a;

    if (strchr(identity, '/') == NULL && !netaddr_parse(identity, &a) &&
        address_is_hostname(identity, strlen(identity)))
        snprintf(out->name, sizeof(out->name), "%.255s", identity);
}

static bool read_tarry(const char *line, struct trace_line *out)
{
    char client[VALUE], identity[VALUE], from[VALUE], to[VALUE],
        decision[VALUE];

    if (!tarry_value(line, "client", client) ||
        !tarry_value(line, "identity", identity) ||
        !tarry_value(line, "from", from) || !tarry_value(line, "to", to) ||
        !tarry_value(line, "decision", decision) ||
        !netaddr_parse(client, &out->client))
        return false;
    take_identity(identity, out);
    out->passed = strcmp(decision, "pass") == 0;
    return trace_addresses(from, to, out);
}

static bool read_postgrey(const char *line, struct trace_line *out)
{
    char client[VALUE], name[VALUE], from[VALUE] = "", to[VALUE], action[VALUE];

    if (!postgrey_value(line, "action", action) ||
        !postgrey_value(line, "client_address", client) ||
        !postgrey_value(line, "recipient", to) ||
        !netaddr_parse(client, &out->client))
        return false;
    postgrey_value(line, "sender", from);
    if (postgrey_value(line, "client_name", name))
        trace_name(name, out);
    out->passed = strcmp(action, "pass") == 0;
    return trace_addresses(from, to, out);
}

/* A postgrey's attempt: "postgrey[1]: action=", a queue's id between. */
static bool is_postgrey(const char *line, const char *rest)
{
    const char *name = rest;

    while (name > line && name[-1] != ' ')
        name--;
    return strncmp(name, "postgrey", 8) == 0 &&
           strstr(rest, ": action=") != NULL &&
           strstr(rest, ", client_address=") != NULL;
}

static enum trace_kind read_rest(struct trace_reader *r, const char *line,
                                 const char *rest, struct trace_line *out)
{
    const char *text = strstr(rest, ": ");

    if (text == NULL)
        return TRACE_OTHER;
    if (strncmp(text, ": event=greylist ", 17) == 0)
        return read_tarry(text + 2, out) ? TRACE_ATTEMPT : TRACE_UNFIT;
    if (is_postgrey(line, text))
        return read_postgrey(text, out) ? TRACE_ATTEMPT : TRACE_UNFIT;
    return trace_postfix(r, rest, out);
}

enum trace_kind trace_read(struct trace_reader *r, const char *line,
                           struct trace_line *out)
{
    enum trace_kind kind;
    const char *rest;
    int64_t now;

    memset(out, 0, sizeof(*out));
    rest = trace_time(r, line, &out->time);
    if (rest == NULL)
        return TRACE_OTHER;
    now = out->time;
    kind = read_rest(r, line, rest, out);
    r->last = now;
    return kind;
}

void trace_end(struct trace_reader *r)
{
    trace_queue_free(r);
}
