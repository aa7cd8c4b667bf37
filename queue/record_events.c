/*
 * Reading the events of a record, see record.h: each changes what is known of
 * a recipient, or of the reports under way.  Of those there may be several,
 * since aliases are expanded beside each other.
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
                    void (*call)(struct record_rcpt *, const void *arg),
                    const void *arg)
{
    char *save = NULL;

    for (char *i = strtok_r(list, ",", &save); i != NULL;
         i = strtok_r(NULL, ",", &save)) {
        struct record_rcpt *rcpt = read_rcpt(r, &i);

        if (rcpt == NULL)
            return false;
        call(rcpt, arg);
    }
    return true;
}

static void begin_attempt(struct record_rcpt *rcpt, const void *arg)
{
    (void)arg;
    rcpt->trying = true;
}

struct report {
    uint64_t id;
    enum record_kind kind;
};

/* In place of one that came to nothing. */
static void begin_report(struct record_rcpt *rcpt, const void *arg)
{
    const struct report *report = arg;

    rcpt->begun[report->kind] = report->id;
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
    static const char kinds[] = {[RECORD_FINAL] = REPORT_FINAL,
                                 [RECORD_DELAY] = REPORT_DELAY,
                                 [RECORD_EXPAND] = REPORT_EXPAND};
    struct report report;
    const char *kind, *known;

    if (!record_number(&line, 16, UINT64_MAX, &report.id) ||
        (kind = record_word(&line)) == NULL || line == NULL ||
        (known = memchr(kinds, kind[0], sizeof(kinds))) == NULL)
        return false;
    report.kind = (enum record_kind)(known - kinds);
    return each_of(r, line, begin_report, &report);
}

bool record_told(struct record *r, uint64_t id)
{
    bool found = false;

    for (size_t i = 0; id != 0 && i < r->n; i++) {
        struct record_rcpt *rcpt = &r->rcpts[i];
        bool *const told[] = {[RECORD_FINAL] = &rcpt->reported,
                              [RECORD_DELAY] = &rcpt->warned,
                              [RECORD_EXPAND] = &rcpt->expanded};

        for (size_t k = 0; k < RECORD_KINDS; k++) {
            if (rcpt->begun[k] != id)
                continue;
            rcpt->begun[k] = 0;
            *told[k] = true;
            found = true;
        }
    }
    return found;
}

static bool read_reported(struct record *r, char *line)
{
    uint64_t id;

    return record_number(&line, 16, UINT64_MAX, &id) && record_told(r, id);
}

bool record_event_read(struct record *r, char *line)
{
    const char *event = record_word(&line);
    uint64_t time;

    if (event == NULL || !record_number(&line, 10, INT64_MAX, &time))
        return false;
    if (strcmp(event, "try") == 0)
        return line != NULL && each_of(r, line, begin_attempt, NULL);
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
