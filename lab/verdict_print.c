/*
 * Verdicts for people and programs, see verdict_print.h.
 *
 * Each finding cites its attempts by their number in the message, with the
 * time since the first, by the sender's clock.
 */
#include "lab/verdict_print.h"

#include "lib/log.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static double since(const struct verdict_case *c, size_t i)
{
    return (double)(c->v[i]->time_ms - c->v[0]->time_ms) / 1000 * c->speed;
}

/* "4d 02:03:04" */
static void print_time(FILE *f, double sec)
{
    long s = (long)(sec + 0.5);

    if (s >= 86400)
        fprintf(f, "%ldd ", s / 86400);
    fprintf(f, "%02ld:%02ld:%02ld", s / 3600 % 24, s / 60 % 60, s % 60);
}

static void print_attempt(FILE *f, const struct verdict_case *c, size_t i)
{
    const struct seen *s = c->v[i];
    char client[NETADDR_TEXT];

    fprintf(f, "    #%zu after ", i + 1);
    print_time(f, since(c, i));
    fprintf(f, " from %s at mx%u as %s: %s: %s\n",
            netaddr_text(&s->client, client, sizeof(client)), s->mx,
            s->sender[0] != '\0' ? s->sender : "nobody yet",
            seen_step_word(s->step),
            s->code > 0 ? s->reply : "no reply was given");
}

static void print_text(FILE *f, const struct verdict_case *c,
                       const struct sender_verdict *v)
{
    fprintf(f, "%s: %s (%s, %zu attempt%s, ", c->v[0]->recipient,
            verdict_word(v), verdict_ending_word(v->ending), v->attempts,
            v->attempts == 1 ? "" : "s");
    print_time(f, v->took_sec);
    fprintf(f, ")\n");
    for (size_t i = 0; i < v->n; i++) {
        const struct fault_text *t = &fault_texts[v->findings[i].fault];

        fprintf(f, "  %s: %s [%s]\n", t->word, t->meaning, t->rule);
        for (size_t k = 0; k < v->findings[i].n; k++)
            print_attempt(f, c, v->findings[i].cited[k]);
        fprintf(f, "    To do: %s\n", t->advice);
    }
}

static json_t *json_attempt(const struct verdict_case *c, size_t i)
{
    const struct seen *s = c->v[i];
    char client[NETADDR_TEXT];

    return json_pack("{s:i, s:f, s:i, s:s, s:s, s:s, s:i, s:s, s:b}", "number",
                     (int)i + 1, "after_sec", since(c, i), "mx", (int)s->mx,
                     "client", netaddr_text(&s->client, client, sizeof(client)),
                     "sender", s->sender, "step", seen_step_word(s->step),
                     "code", (int)s->code, "reply", s->reply, "insists",
                     (int)s->insists);
}

static json_t *json_finding(const struct finding *f)
{
    const struct fault_text *t = &fault_texts[f->fault];
    json_t *cited = json_array();

    for (size_t k = 0; k < f->n; k++)
        json_array_append_new(cited, json_integer((json_int_t)f->cited[k] + 1));
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "fault", t->word, "meaning",
                     t->meaning, "rule", t->rule, "advice", t->advice,
                     "attempts", cited);
}

static json_t *json_verdict(const struct verdict_case *c,
                            const struct sender_verdict *v)
{
    json_t *findings = json_array(), *seen = json_array();

    for (size_t i = 0; i < v->n; i++)
        json_array_append_new(findings, json_finding(&v->findings[i]));
    for (size_t i = 0; i < c->n; i++)
        json_array_append_new(seen, json_attempt(c, i));
    return json_pack("{s:s, s:s, s:s, s:i, s:f, s:o, s:o}", "recipient",
                     c->v[0]->recipient, "verdict", verdict_word(v), "ending",
                     verdict_ending_word(v->ending), "attempts",
                     (int)v->attempts, "took_sec", v->took_sec, "findings",
                     findings, "seen", seen);
}

size_t verdict_print(FILE *f, const struct seen_list *l, int64_t now_ms,
                     bool json)
{
    const struct seen **v = xcalloc(l->n + 1, sizeof(struct seen *));
    bool *taken = xcalloc(l->n + 1, sizeof(*taken));
    json_t *all = json_array();
    size_t faulty = 0;

    for (size_t i = 0; i < l->n; i++) {
        struct verdict_case c = {.v = v,
                                 .speed = l->speed,
                                 .sees_reports = l->sees_reports,
                                 .gaps = l->gaps,
                                 .ngaps = l->ngaps,
                                 .now_ms = now_ms};
        struct sender_verdict verdict;

        if (taken[i])
            continue;
        c.n = verdict_gather(l, i, taken, v);
        verdict_judge(&c, &verdict);
        faulty += verdict.n > 0;
        if (json)
            json_array_append_new(all, json_verdict(&c, &verdict));
        else if (verdict.attempts > 0)
            print_text(f, &c, &verdict);
    }
    if (json) {
        json_dumpf(all, f, JSON_INDENT(2));
        putc('\n', f);
    }
    json_decref(all);
    free(taken);
    free(v);
    return faulty;
}
