/*
 * Reading records, see record.h.
 *
 * The envelope is all or nothing: without it nobody knows what to do with the
 * message.  The events (record_events.c) are read as far as they can be: one
 * that makes no sense is counted and passed over, since at worst it costs an
 * attempt too many, while giving up the record would cost the message.
 */
#include "queue/record_parts.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    char *at, *end; /* of the complete lines; each ends in a NUL */
    struct record *r;
    size_t room;
};

/* The next line, or NULL. */
static char *next_line(struct reader *in)
{
    char *line = in->at;

    if (line >= in->end)
        return NULL;
    in->at += strlen(line) + 1;
    return line;
}

/* "name value", as the next line. NULL when it is another. */
static char *value(struct reader *in, const char *name)
{
    size_t len = strlen(name);
    char *line = in->at;

    if (line >= in->end || strncmp(line, name, len) != 0 || line[len] != ' ')
        return NULL;
    next_line(in);
    return record_decode(line + len + 1);
}

static bool value_number(struct reader *in, const char *name, uint64_t max,
                         uint64_t *out)
{
    char *text = value(in, name);

    return text != NULL && record_number(&text, 10, max, out);
}

static bool read_recipient(struct reader *in)
{
    struct record *r = in->r;
    struct record_rcpt *rcpt;
    uint64_t notify;
    char *line = next_line(in), *orcpt;

    record_word(&line);
    if (r->n == RECORD_RECIPIENTS ||
        !record_number(&line, 10, NOTIFY_ALL, &notify) ||
        (orcpt = record_word(&line)) == NULL || line == NULL || line[0] == '\0')
        return false;
    if (r->n == in->room) {
        in->room = in->room * 2 + 1;
        r->rcpts = xrealloc(r->rcpts, in->room, sizeof(*r->rcpts));
    }
    rcpt = &r->rcpts[r->n++];
    *rcpt = (struct record_rcpt){
        .notify = (unsigned)notify,
        .address = record_decode(line),
        .orcpt = strcmp(orcpt, "-") == 0 ? "" : record_decode(orcpt)};
    record_rcpt_begin(rcpt);
    return true;
}

static bool read_envelope(struct reader *in)
{
    struct record *r = in->r;
    const char *head = next_line(in);
    uint64_t n;

    if (head == NULL || strcmp(head, "tarry-queue 1") != 0 ||
        !value_number(in, "queued", INT64_MAX, &n))
        return false;
    r->queued = (int64_t)n;
    r->session = value(in, "session");
    if (r->session == NULL || !value_number(in, "size", INT64_MAX, &r->size) ||
        !value_number(in, "flags", 255, &n))
        return false;
    r->flags = (unsigned)n;
    r->envid = value(in, "envid");
    if (r->envid == NULL)
        r->envid = "";
    r->sender = value(in, "sender");
    if (r->sender == NULL)
        return false;
    while (in->at < in->end && strncmp(in->at, "recipient ", 10) == 0)
        if (!read_recipient(in))
            return false;
    return r->n > 0 && value(in, "end") != NULL;
}

/* Before any line is cut: does the checksum fit what is in front of it? */
static bool envelope_is_whole(const char *text)
{
    const char *end = strstr(text, "\nend ");
    uint32_t h = 0x811c9dc5u;

    if (end == NULL)
        return false;
    for (const char *p = text; p <= end; p++)
        h = (h ^ (unsigned char)*p) * 0x01000193u;
    return strtoul(end + 5, NULL, 16) == h;
}

struct record *record_read(uint64_t id, char *text, size_t len)
{
    struct record *r = xcalloc(1, sizeof(*r));
    struct reader in = {.at = text, .r = r};
    const char *last = memrchr(text, '\n', len);
    char *line;

    r->id = id;
    r->text = text;
    r->length = last != NULL ? (size_t)(last - text) + 1 : 0;
    in.end = text + r->length;
    if (!envelope_is_whole(text))
        goto damaged;
    for (char *p = text; p < in.end; p++)
        if (*p == '\n')
            *p = '\0';
    if (!read_envelope(&in))
        goto damaged;
    while ((line = next_line(&in)) != NULL)
        if (!record_event_read(r, line))
            r->bad_lines++;
    return r;
damaged:
    record_free(r);
    return NULL;
}

void record_free(struct record *r)
{
    if (r == NULL)
        return;
    free(r->rcpts);
    free(r->text);
    free(r);
}
