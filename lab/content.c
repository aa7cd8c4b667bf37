/*
 * A message's content, read line by line, see content.h.
 *
 * This is no MIME parser: the fields of a delivery report are looked for on
 * every line of the body, wherever it stands.  A stranger who writes them
 * into a letter deceives nobody but the record of his own test.
 */
#include "lab/content.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void content_init(struct content *c)
{
    memset(c, 0, sizeof(*c));
}

/* The value behind "Name:", spaces skipped, or NULL for another field. */
static const char *field(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0 || line[len] != ':')
        return NULL;
    line += len + 1;
    return line + strspn(line, " \t");
}

/* "rfc822; user@example.org" */
static void take_recipient(struct content *c, const char *value)
{
    const char *semicolon = strchr(value, ';');

    if (semicolon != NULL)
        value = semicolon + 1 + strspn(semicolon + 1, " \t");
    value += *value == '<';
    snprintf(c->recipient, sizeof(c->recipient), "%.*s",
             (int)strcspn(value, "> \t"), value);
}

/* A group is known when both its fields were read, in whatever order. */
static void end_group(struct content *c)
{
    struct content_report *r = &c->reports[c->nreports];

    if (c->nreports == CONTENT_REPORTS || c->recipient[0] == '\0' ||
        c->action[0] == '\0')
        return;
    memcpy(r->recipient, c->recipient, sizeof(r->recipient));
    r->failed = strncasecmp(c->action, "failed", 6) == 0;
    r->delayed = strncasecmp(c->action, "delayed", 7) == 0;
    c->nreports++;
    c->recipient[0] = c->action[0] = '\0';
}

static void end_line(struct content *c)
{
    const char *value;

    c->line[c->len] = '\0';
    c->line[strcspn(c->line, "\r")] = '\0';
    if (!c->body && c->line[0] == '\0')
        c->body = true;
    else if (!c->body && (value = field(c->line, "Message-ID")) != NULL)
        snprintf(c->id, sizeof(c->id), "%.*s", (int)strcspn(value, " \t"),
                 value);
    else if (c->body && c->line[0] == '\0')
        c->recipient[0] = c->action[0] = '\0';
    else if (c->body && (value = field(c->line, "Final-Recipient")) != NULL)
        take_recipient(c, value);
    else if (c->body && (value = field(c->line, "Action")) != NULL)
        snprintf(c->action, sizeof(c->action), "%.15s", value);
    end_group(c);
    c->len = 0;
}

void content_add(struct content *c, const char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (octets[i] == '\n')
            end_line(c);
        else if (c->len < sizeof(c->line) - 1)
            c->line[c->len++] = octets[i];
}
