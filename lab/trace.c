/*
 * Lines of logs, see trace.h.
 *
 * A line is strangers' text in part: only the words in front of it make it an
 * attempt, and a value ends where its log says it ends.
 */
#include "lab/trace.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define VALUE 1024
#define MONTH 2592000

static const char *read_iso(const char *line, struct tm *tm, int64_t *zone)
{
    int hours, minutes, n = 0;
    char sign;

    *zone = 0;
    line = strptime(line, "%Y-%m-%dT%H:%M:%S", tm);
    if (line == NULL)
        return NULL;
    if (*line == '.')
        line += 1 + strspn(line + 1, "0123456789");
    if (*line == 'Z')
        return line + 1;
    if (sscanf(line, "%c%2d:%2d%n", &sign, &hours, &minutes, &n) != 3)
        return line;
    *zone = (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
    return line + n;
}

/* What follows the time, or NULL. */
static const char *read_time(struct trace_reader *r, const char *line,
                             int64_t *out)
{
    struct tm tm = {0};
    int64_t zone;
    const char *rest = read_iso(line, &tm, &zone);

    if (rest != NULL) {
        *out = timegm(&tm) - zone;
        return rest;
    }
    tm = (struct tm){.tm_year = r->year - 1900};
    rest = strptime(line, "%b %d %H:%M:%S", &tm);
    if (rest == NULL)
        return NULL;
    *out = timegm(&tm);
    if (*out < r->last - MONTH) { /* the first of January */
        r->year++;
        tm.tm_year++;
        *out = timegm(&tm);
    }
    return rest;
}

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
    while (**p != '\0' && **p != (quoted ? '"' : ' ') && n < VALUE - 1)
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

static bool read_addresses(const char *sender, const char *recipient,
                           struct trace_line *out)
{
    memset(&out->sender, 0, sizeof(out->sender));
    if (sender[0] != '\0' && strcmp(sender, "<>") != 0 &&
        address_parse(sender, 0, &out->sender) != ADDRESS_OK)
        return false;
    return address_parse(recipient, ADDRESS_POSTMASTER, &out->recipient) ==
           ADDRESS_OK;
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
    return read_addresses(from, to, out);
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
    if (postgrey_value(line, "client_name", name) &&
        strcmp(name, "unknown") != 0 && address_is_hostname(name, strlen(name)))
        snprintf(out->name, sizeof(out->name), "%.255s", name);
    out->passed = strcmp(action, "pass") == 0;
    return read_addresses(from, to, out);
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

enum trace_kind trace_read(struct trace_reader *r, const char *line,
                           struct trace_line *out)
{
    const char *rest;
    bool fit;

    memset(out, 0, sizeof(*out));
    rest = read_time(r, line, &out->time);
    if (rest == NULL || (rest = strstr(rest, ": ")) == NULL)
        return TRACE_OTHER;
    if (strncmp(rest, ": event=greylist ", 17) == 0)
        fit = read_tarry(rest + 2, out);
    else if (is_postgrey(line, rest))
        fit = read_postgrey(rest, out);
    else
        return TRACE_OTHER;
    if (!fit)
        return TRACE_UNFIT;
    r->last = out->time;
    return TRACE_ATTEMPT;
}
