/*
 * The report for programs: one JSON object, the same for the same seed, octet
 * for octet.  Times are seconds.
 */
#include "lab/report.h"

#include "lib/log.h"

#include <jansson.h>
#include <sysexits.h>

/* Everything in a report is text of our own; without memory there is none. */
static json_t *must(json_t *j)
{
    if (j == NULL)
        fatal(EX_OSERR, "out of memory");
    return j;
}

static json_t *attempts(const struct cell *c)
{
    json_t *list = must(json_array());
    char text[NETADDR_TEXT];

    for (size_t i = 0; i < c->nmade; i++) {
        const struct made *m = &c->made[i];

        json_array_append_new(
            list,
            must(json_pack(
                "{s:I, s:s, s:i, s:s, s:i, s:s}", "at",
                (json_int_t)(m->attempt.at - c->made[0].attempt.at), "client",
                netaddr_text(&m->client, text, sizeof(text)), "mx",
                (int)m->attempt.mx, "step", profile_step_word(m->end.step),
                "code", (int)m->end.code, "reply", m->end.reply)));
    }
    return list;
}

static json_t *cell(const struct study *s, size_t p, size_t r)
{
    const struct cell *c = study_cell(s, p, r);
    json_t *j = must(json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:o}", "profile", s->profiles[p]->name,
        "receiver", receiver_name(s->receivers[r]), "fate", fate_word(c->fate),
        "attempts", (int)c->attempts, "stored", (int)c->stored, "timeline",
        attempts(c)));

    if (c->fate == FATE_DELIVERED)
        json_object_set_new(j, "delay", json_integer(c->delay_sec));
    if (c->why[0] != '\0')
        json_object_set_new(j, "why", must(json_string(c->why)));
    return j;
}

static json_t *profiles(const struct study *s)
{
    json_t *list = must(json_array());

    for (size_t p = 0; p < s->nprofiles; p++) {
        json_t *tries = must(json_array());

        for (size_t i = 0; i < s->ntries[p]; i++)
            json_array_append_new(tries, json_integer(s->tries[p][i]));
        json_array_append_new(
            list,
            must(json_pack("{s:s, s:s, s:s, s:o}", "name", s->profiles[p]->name,
                           "title", s->profiles[p]->title, "mail",
                           report_mail_word(s->profiles[p]->mail),
                           "deferred-for-ever", tries)));
    }
    return list;
}

static json_t *receivers(const struct study *s)
{
    json_t *list = must(json_array());

    struct delays delays;

    for (size_t r = 0; r < s->nreceivers; r++) {
        report_delays(s, r, false, &delays);
        json_array_append_new(
            list, must(json_pack("{s:s, s:i, s:o}", "name",
                                 receiver_name(s->receivers[r]), "delay",
                                 (int)receiver_delay(s->receivers[r]), "delays",
                                 must(delays_json(&delays)))));
    }
    return list;
}

static json_t *mixture_row(const struct study *s, size_t r)
{
    const struct mix_result *m = &s->mix[r];
    json_t *delays = must(json_object());
    struct delays all;
    char key[16];

    report_delays(s, r, true, &all);

    for (size_t i = 0; i < report_npercents; i++) {
        snprintf(key, sizeof(key), "%u", report_percents[i]);
        json_object_set_new(
            delays, key, json_integer(mix_percentile(m, report_percents[i])));
    }
    return must(json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:i, s:o, s:o}", "receiver",
        receiver_name(s->receivers[r]), "spam", (int)m->spam, "spam-stored",
        (int)m->spam_stored, "wanted", (int)m->wanted, "wanted-delivered",
        (int)m->wanted_delivered, "wanted-bounced", (int)m->wanted_bounced,
        "wanted-lost", (int)m->wanted_lost, "attempts", (json_int_t)m->attempts,
        "duplicates", (int)m->duplicates, "delay-percentiles", delays, "delays",
        must(delays_json(&all))));
}

static json_t *mixture(const struct study *s)
{
    const struct mix_settings *m = &s->mix_settings;
    json_t *list = must(json_array());

    for (size_t r = 0; r < s->nreceivers; r++)
        json_array_append_new(list, mixture_row(s, r));
    return must(json_pack("{s:i, s:i, s:i, s:o}", "senders", (int)m->senders,
                          "days", (int)m->days, "spam-percent",
                          (int)m->spam_percent, "receivers", list));
}

void report_json(const struct study *s, FILE *out)
{
    json_t *cells = must(json_array()), *root;

    for (size_t p = 0; p < s->nprofiles; p++)
        for (size_t r = 0; r < s->nreceivers; r++)
            json_array_append_new(cells, cell(s, p, r));
    root = must(json_pack(
        "{s:I, s:i, s:i, s:o, s:o, s:o}", "seed", (json_int_t)s->seed, "mx",
        (int)s->mxs, "answer-after", (int)s->answer_sec, "profiles",
        profiles(s), "receivers", receivers(s), "cells", cells));
    if (s->mix != NULL)
        json_object_set_new(root, "mix", mixture(s));
    json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    fputc('\n', out);
    json_decref(root);
}
