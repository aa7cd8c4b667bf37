/*
 * Reading the events of a record, see record.h: each changes what is known of
 * a recipient, or of the report under way.
 *
 * What became of a recipient is read whole before anything is changed by it; of
 * a list of recipients those in front of a bad one count.
 */
#include "queue/record_parts.h"

#include <stdlib.h>
#include <string.h>

char *record_word(char **line)
{
    char *w = *line;

    if (w == NULL || *w == '\0')
        return NULL;
    *line = strchr(w, ' ');
    if (*line != NULL)
        *(*line)++ = '\0';
    return w;
}

bool record_number(char **line, int base, uint64_t max, uint64_t *out)
{
    char *w = record_word(line), *end;

    if (w == NULL || w[0] == '-' || w[0] == '+')
        return false;
    *out = strtoull(w, &end, base);
    return *end == '\0' && *out <= max;
}

static struct record_rcpt *read_rcpt(struct record *r, char **line)
{
    uint64_t i;

    return record_number(line, 10, r->n - 1, &i) ? &r->rcpts[i] : NULL;
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
        (state == RCPT_WAITING &&
         !record_number(&line, 10, INT64_MAX, &next)) ||
        !record_number(&line, 10, STEP_COUNT - 1, &step) ||
        !record_number(&line, 10, 255, &flags) ||
        (host = record_word(&line)) == NULL)
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
    if (!record_number(&line, 16, UINT64_MAX, &r->report) ||
        (kind = record_word(&line)) == NULL || line == NULL)
        return false;
    r->report_kind = (enum report_kind)kind[0];
    return each_of(r, line, begin_report);
}

static bool read_reported(struct record *r, char *line)
{
    uint64_t id;

    if (!record_number(&line, 16, UINT64_MAX, &id) || id != r->report)
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

bool record_event_read(struct record *r, char *line)
{
    const char *event = record_word(&line);
    uint64_t time;

    if (event == NULL || !record_number(&line, 10, INT64_MAX, &time))
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
