/*
 * The record of attempts as text, see seen.h.
 *
 * A line is written whole, by one call to stdio that is flushed, so a record
 * can be followed while it grows; what a stranger sent cannot forge a field
 * or a line: what is no text is written as '?'.  Reading refuses what it does
 * not understand, and names the line.
 */
#include "lab/seen.h"

#include "lab/clean.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS 10
#define HEAD   "tarrylab-seen 1"
#define BEGAN  "# began "
#define ENDED  "# ended "
#define LATEST 253402300799999 /* of the year 9999 */

static const char *const step_words[SEEN_STEPS] = {
    "tls", "rcpt", "data", "dot", "report-failed", "report-delayed"};

const char *seen_step_word(enum seen_step step)
{
    return step_words[step];
}

/* Within a millisecond, the preferred host is taken to come first. */
static bool is_before(const struct seen *a, const struct seen *b)
{
    return a->time_ms < b->time_ms ||
           (a->time_ms == b->time_ms && a->mx < b->mx);
}

void seen_add(struct seen_list *l, const struct seen *s)
{
    struct seen *to;

    if (l->n == l->room) {
        l->room = l->room * 2 + 64;
        l->v = xrealloc(l->v, l->room, sizeof(*l->v));
    }
    to = &l->v[l->n++];
    for (; to > l->v && is_before(s, &to[-1]); to--)
        to[0] = to[-1];
    *to = *s;
    to->helo = xstrdup(s->helo);
    to->sender = xstrdup(s->sender);
    to->recipient = xstrdup(s->recipient);
    to->message = xstrdup(s->message);
    to->reply = xstrdup(s->reply);
}

void seen_resume(struct seen_list *l, int64_t now_ms)
{
    int64_t from = l->ended_ms;

    if (from == 0 && l->n > 0) /* it was killed */
        from = l->v[l->n - 1].time_ms;
    l->ended_ms = 0;
    if (from == 0 || from >= now_ms)
        return;
    l->gaps = xrealloc(l->gaps, l->ngaps + 1, sizeof(*l->gaps));
    l->gaps[l->ngaps++] = (struct seen_gap){from, now_ms};
}

void seen_release(struct seen_list *l)
{
    free(l->gaps);
    for (size_t i = 0; i < l->n; i++) {
        free((char *)(uintptr_t)l->v[i].helo);
        free((char *)(uintptr_t)l->v[i].sender);
        free((char *)(uintptr_t)l->v[i].recipient);
        free((char *)(uintptr_t)l->v[i].message);
        free((char *)(uintptr_t)l->v[i].reply);
    }
    free(l->v);
    memset(l, 0, sizeof(*l));
}

void seen_write_head(FILE *f, const struct seen_list *l)
{
    fprintf(f, HEAD " speed=%g reports=%s\n", l->speed,
            l->sees_reports ? "yes" : "no");
    fflush(f);
}

/* A tab and the text. */
static void put(FILE *f, const char *text)
{
    char *copy = xstrdup(text);

    clean(copy);
    for (char *tab = copy; (tab = strchr(tab, '\t')) != NULL;)
        *tab = '?';
    fprintf(f, "\t%s", *copy != '\0' ? copy : "-");
    free(copy);
}

void seen_write(FILE *f, const struct seen *s)
{
    char client[NETADDR_TEXT];

    fprintf(f, "%lld\t%u", (long long)s->time_ms, s->mx);
    put(f, netaddr_text(&s->client, client, sizeof(client)));
    put(f, s->helo);
    put(f, s->sender);
    put(f, s->recipient);
    put(f, seen_step_word(s->step));
    put(f, s->insists ? "insists" : "");
    put(f, s->message);
    put(f, s->reply);
    putc('\n', f);
    fflush(f);
}

void seen_write_begin(FILE *f, int64_t now_ms)
{
    fprintf(f, BEGAN "%lld\n", (long long)now_ms);
    fflush(f);
}

void seen_write_end(FILE *f, int64_t now_ms)
{
    fprintf(f, ENDED "%lld\n", (long long)now_ms);
    fflush(f);
}

static const char *read_step(const char *word, enum seen_step *out)
{
    for (int i = 0; i < SEEN_STEPS; i++)
        if (strcmp(word, step_words[i]) == 0) {
            *out = (enum seen_step)i;
            return NULL;
        }
    return "no such step";
}

static const char *nothing_or(const char *field)
{
    return strcmp(field, "-") == 0 ? "" : field;
}

static const char *read_fields(char *f[FIELDS], struct seen *s)
{
    char *end;

    s->time_ms = strtoll(f[0], &end, 10);
    if (*end != '\0' || end == f[0] || s->time_ms < 0 || s->time_ms > LATEST)
        return "the time is none";
    s->mx = (unsigned)strtoul(f[1], &end, 10);
    if (*end != '\0' || end == f[1] || s->mx > 999)
        return "mx is no number of a host";
    if (!netaddr_parse(f[2], &s->client))
        return "the client has no address";
    s->helo = nothing_or(f[3]);
    s->sender = nothing_or(f[4]);
    s->recipient = nothing_or(f[5]);
    s->insists = strcmp(f[7], "insists") == 0;
    s->message = nothing_or(f[8]);
    s->reply = nothing_or(f[9]);
    s->code = (unsigned)strtoul(s->reply, NULL, 10);
    return read_step(f[6], &s->step);
}

/* A receiver began, or ended. */
static const char *read_bound(const char *text, struct seen_list *out)
{
    int64_t time_ms = strtoll(text + sizeof(ENDED) - 1, NULL, 10);

    if (time_ms < 0 || time_ms > LATEST)
        return "the time is none";
    if (strncmp(text, BEGAN, sizeof(BEGAN) - 1) == 0)
        seen_resume(out, time_ms);
    else
        out->ended_ms = time_ms;
    return NULL;
}

static const char *read_line(char *text, struct seen_list *out)
{
    char *fields[FIELDS], *save = NULL;
    struct seen s;
    const char *wrong;
    size_t n = 0;

    if (strncmp(text, BEGAN, sizeof(BEGAN) - 1) == 0 ||
        strncmp(text, ENDED, sizeof(ENDED) - 1) == 0)
        return read_bound(text, out);
    if (!clean_is(text, strlen(text)))
        return "it has what is no text";
    for (char *p = strtok_r(text, "\t", &save); p != NULL;
         p = strtok_r(NULL, "\t", &save)) {
        if (n == FIELDS)
            return "too many fields";
        fields[n++] = p;
    }
    if (n < FIELDS)
        return "too few fields";
    wrong = read_fields(fields, &s);
    if (wrong != NULL)
        return wrong;
    if (out->ended_ms > 0) /* and no line says when the next began */
        seen_resume(out, s.time_ms);
    seen_add(out, &s);
    return NULL;
}

static const char *read_head(const char *text, struct seen_list *out)
{
    char reports[8];

    if (strncmp(text, HEAD " ", sizeof(HEAD)) != 0)
        return "this is not a record of attempts, version 1";
    if (sscanf(text + sizeof(HEAD), "speed=%lf reports=%7s", &out->speed,
               reports) != 2 ||
        !(out->speed >= SEEN_SLOWEST && out->speed <= SEEN_FASTEST))
        return "its settings cannot be read";
    out->sees_reports = strcmp(reports, "yes") == 0;
    return NULL;
}

const char *seen_read(FILE *f, struct seen_list *out, unsigned *line)
{
    char text[SEEN_LINE];
    const char *wrong = "it is empty";

    memset(out, 0, sizeof(*out));
    for (*line = 1; fgets(text, sizeof(text), f) != NULL; (*line)++) {
        char *end = strchr(text, '\n');

        if (end == NULL)
            return feof(f) ? wrong : "a line is too long";
        *end = '\0';
        wrong = *line == 1 ? read_head(text, out) : read_line(text, out);
        if (wrong != NULL)
            return wrong;
    }
    return wrong;
}
