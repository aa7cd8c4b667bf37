/*
 * Reading records, see record.h.
 *
 * The envelope is all or nothing: without it nobody knows what to do with the
 * message.  The events are read as far as they can be: one that makes no
 * sense is counted and passed over, since at worst it costs an attempt too
 * many, while giving up the record would cost the message.
 */
#include "queue/record.h"

#include "lib/log.h"

#include <inttypes.h>
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

/* The next word of a line, cut out of it; NULL when there is none. */
static char *word(char **line)
{
    char *w = *line;

    if (w == NULL || *w == '\0')
        return NULL;
    *line = strchr(w, ' ');
    if (*line != NULL)
        *(*line)++ = '\0';
    return w;
}

static bool number(char **line, int base, uint64_t max, uint64_t *out)
{
    char *w = word(line), *end;

    if (w == NULL || w[0] == '-' || w[0] == '+')
        return false;
    *out = strtoull(w, &end, base);
    return *end == '\0' && *out <= max;
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

    return text != NULL && number(&text, 10, max, out);
}

static bool read_recipient(struct reader *in)
{
    struct record *r = in->r;
    struct record_rcpt *rcpt;
    uint64_t notify;
    char *line = next_line(in), *orcpt;

    word(&line);
    if (r->n == RECORD_RECIPIENTS || !number(&line, 10, NOTIFY_ALL, &notify) ||
        (orcpt = word(&line)) == NULL || line == NULL || line[0] == '\0')
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

static struct record_rcpt *read_rcpt(struct record *r, char **line)
{
    uint64_t i;

    return number(line, 10, r->n - 1, &i) ? &r->rcpts[i] : NULL;
}

/* "0,1,7": calls with each; false when one is none of ours. */
static bool each_of(struct record *r, char *list,
                    void (*call)(struct record *, struct record_rcpt *))
{
    char *save = NULL;

    for (char *i = strtok_r(list, ",", &save); i != NULL;
         i = strtok_r(NULL, ",", &save)) {
        struct record_rcpt *rcpt = read_rcpt(r, &i);

        if (rcpt == NULL)
            return false;
        call(r, rcpt);
    }
    return true;
}

static void begin_attempt(struct record *r, struct record_rcpt *rcpt)
{
    (void)r;
    rcpt->trying = true;
}

static void begin_report(struct record *r, struct record_rcpt *rcpt)
{
    (void)r;
    rcpt->in_report = true;
}

static bool read_result(struct record *r, char *line, int64_t time,
                        enum rcpt_state state)
{
    struct record_rcpt *rcpt = read_rcpt(r, &line);
    uint64_t next = 0, step, flags;
    char *host;

    if (rcpt == NULL ||
        (state == RCPT_WAITING && !number(&line, 10, INT64_MAX, &next)) ||
        !number(&line, 10, STEP_COUNT - 1, &step) ||
        !number(&line, 10, 255, &flags) || (host = word(&line)) == NULL)
        return false;
    rcpt->state = state;
    rcpt->trying = false;
    rcpt->attempts++;
    rcpt->last = time;
    rcpt->next = (int64_t)next;
    rcpt->step = (unsigned)step;
    rcpt->flags = (unsigned)flags;
    rcpt->host = strcmp(host, "-") == 0 ? "" : record_decode(host);
    rcpt->reply = line != NULL ? record_decode(line) : "";
    return true;
}

static bool read_end(struct record *r, char *line, int64_t time,
                     enum rcpt_state state)
{
    struct record_rcpt *rcpt = read_rcpt(r, &line);

    if (rcpt == NULL)
        return false;
    rcpt->state = state;
    rcpt->last = time;
    rcpt->trying = false;
    return true;
}

static bool read_report(struct record *r, char *line)
{
    const char *kind;

    for (size_t i = 0; i < r->n; i++)
        r->rcpts[i].in_report = false; /* one that came to nothing */
    if (!number(&line, 16, UINT64_MAX, &r->report) ||
        (kind = word(&line)) == NULL || line == NULL)
        return false;
    r->report_kind = (enum report_kind)kind[0];
    return each_of(r, line, begin_report);
}

static bool read_reported(struct record *r, char *line)
{
    uint64_t id;

    if (!number(&line, 16, UINT64_MAX, &id) || id != r->report)
        return false;
    for (size_t i = 0; i < r->n; i++) {
        struct record_rcpt *rcpt = &r->rcpts[i];

        if (!rcpt->in_report)
            continue;
        rcpt->in_report = false;
        rcpt->reported |= r->report_kind == REPORT_FINAL;
        rcpt->warned |= r->report_kind == REPORT_DELAY;
        rcpt->expanded |= r->report_kind == REPORT_EXPAND;
    }
    r->report = 0;
    return true;
}

static bool read_event(struct record *r, char *line)
{
    const char *event = word(&line);
    uint64_t time;

    if (event == NULL || !number(&line, 10, INT64_MAX, &time))
        return false;
    if (strcmp(event, "try") == 0)
        return line != NULL && each_of(r, line, begin_attempt);
    if (strcmp(event, "delivered") == 0)
        return read_result(r, line, (int64_t)time, RCPT_DELIVERED);
    if (strcmp(event, "refused") == 0)
        return read_result(r, line, (int64_t)time, RCPT_REFUSED);
    if (strcmp(event, "deferred") == 0 || strcmp(event, "unknown") == 0)
        return read_result(r, line, (int64_t)time, RCPT_WAITING);
    if (strcmp(event, "expired") == 0)
        return read_end(r, line, (int64_t)time, RCPT_EXPIRED);
    if (strcmp(event, "removed") == 0)
        return read_end(r, line, (int64_t)time, RCPT_REMOVED);
    if (strcmp(event, "report") == 0)
        return read_report(r, line);
    if (strcmp(event, "reported") == 0)
        return read_reported(r, line);
    if (strcmp(event, "held") != 0 && strcmp(event, "released") != 0)
        return false;
    r->held = event[0] == 'h';
    return true;
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
        if (!read_event(r, line))
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
