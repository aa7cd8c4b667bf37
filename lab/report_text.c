/*
 * The report for a terminal: the matrix, why what failed did, and the
 * mixture.  Columns are as wide as what is in them.
 */
#include "lab/report.h"

#include <string.h>

/* "5m/2 x3": delivered after five minutes in two attempts; three copies. */
static void cell_text(const struct cell *c, char *out, size_t size)
{
    char delay[32], copies[16] = "";

    if (c->stored > 1)
        snprintf(copies, sizeof(copies), " x%u", c->stored);
    if (c->fate == FATE_DELIVERED)
        snprintf(out, size, "%s/%u%s",
                 report_duration(c->delay_sec, delay, sizeof(delay)),
                 c->attempts, copies);
    else
        snprintf(out, size, "%s/%u", fate_word(c->fate), c->attempts);
}

static int widest_name(const struct study *s)
{
    size_t width = 0;

    for (size_t p = 0; p < s->nprofiles; p++)
        if (strlen(s->profiles[p]->name) > width)
            width = strlen(s->profiles[p]->name);
    return (int)width;
}

static int column(const struct study *s, size_t r)
{
    size_t width = strlen(receiver_name(s->receivers[r]));
    char text[64];

    for (size_t p = 0; p < s->nprofiles; p++) {
        cell_text(study_cell(s, p, r), text, sizeof(text));
        if (strlen(text) > width)
            width = strlen(text);
    }
    return (int)width;
}

static void matrix(const struct study *s, FILE *out)
{
    int first = widest_name(s);
    char text[64];

    fprintf(out, "%-*s", first, "");
    for (size_t r = 0; r < s->nreceivers; r++)
        fprintf(out, "  %*s", column(s, r), receiver_name(s->receivers[r]));
    for (size_t p = 0; p < s->nprofiles; p++) {
        fprintf(out, "\n%-*s", first, s->profiles[p]->name);
        for (size_t r = 0; r < s->nreceivers; r++) {
            cell_text(study_cell(s, p, r), text, sizeof(text));
            fprintf(out, "  %*s", column(s, r), text);
        }
    }
    fprintf(out, "\n\nDelivered after a time / in so many attempts; bounced: "
                 "its writer is told; lost: nobody is; x2: two copies.\n");
}

static void mixture_row(const struct mix_result *m, const char *name, int first,
                        FILE *out)
{
    char delay[32];

    fprintf(out, "%-*s  %6.2f%%", first, name,
            report_share(m->spam - m->spam_stored, m->spam));
    fprintf(out, "  %6.2f%%  %7u  %4u  %6u",
            report_share(m->wanted_delivered, m->wanted), m->wanted_bounced,
            m->wanted_lost, m->duplicates);
    for (size_t i = 0; i < report_npercents; i++)
        fprintf(out, "  %7s",
                report_duration(mix_percentile(m, report_percents[i]), delay,
                                sizeof(delay)));
    fprintf(out, "\n");
}

static void mixture(const struct study *s, FILE *out)
{
    const struct mix_settings *m = &s->mix_settings;
    int first = 8;

    for (size_t r = 0; r < s->nreceivers; r++)
        if ((int)strlen(receiver_name(s->receivers[r])) > first)
            first = (int)strlen(receiver_name(s->receivers[r]));
    fprintf(out,
            "\n%u senders over %u days, %u%% of them robots: %u wanted "
            "messages, %u of spam.\n\n",
            m->senders, m->days, m->spam_percent, s->mix[0].wanted,
            s->mix[0].spam);
    fprintf(out,
            "%-*s     spam   wanted                 stored  delay of wanted "
            "mail that arrived, per cent\n",
            first, "");
    fprintf(out, "%-*s  stopped  arrived  bounced  lost   twice", first, "");
    for (size_t i = 0; i < report_npercents; i++)
        fprintf(out, "  %6u%%", report_percents[i]);
    fprintf(out, "\n");
    for (size_t r = 0; r < s->nreceivers; r++)
        mixture_row(&s->mix[r], receiver_name(s->receivers[r]), first, out);
}

void report_text(const struct study *s, FILE *out)
{
    matrix(s, out);
    fprintf(out, "\n");
    report_reasons(s, out);
    if (s->mix != NULL)
        mixture(s, out);
}
