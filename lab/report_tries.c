/*
 * The plot of attempts, see report_plot.h: a row for each profile, a dot for
 * each attempt, and across them the delays of the receivers.
 *
 * Receivers of one delay share a line and a label; labels are slanted and
 * kept apart, so that none lies upon another however near their lines are.
 */
#include "lab/report_plot_parts.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define TOP   200.0 /* room for the slanted labels */
#define APART 21.0  /* between two of them */
#define ROW   20.0

/* One row: a dot for each attempt that is to be told from the one before. */
static void row(const struct study *s, size_t p, double y, FILE *out)
{
    double last = -9;
    char text[48];

    plot_label(out, PLOT_LEFT - 10, y + 4, "end", s->profiles[p]->name);
    for (size_t i = 0; i < s->ntries[p]; i++) {
        double x = plot_at_time(s->tries[p][i]);

        if (x - last < 2)
            continue;
        last = x;
        fprintf(out,
                "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>\n",
                report_mail_word(s->profiles[p]->mail), x, y);
    }
    snprintf(text, sizeof(text), "%zu attempt%s", s->ntries[p],
             s->ntries[p] == 1 ? "" : "s");
    plot_label(out, PLOT_WIDTH - PLOT_RIGHT + 12, y + 4, "start", text);
}

static int by_delay(const void *a, const void *b)
{
    unsigned x = receiver_delay(*(struct receiver *const *)a),
             y = receiver_delay(*(struct receiver *const *)b);

    return (x > y) - (x < y);
}

/* A line at the delay that r[0] to r[n - 1] share; its label ends at x. */
static void delay(struct receiver *const *r, size_t n, double x, double bottom,
                  FILE *out)
{
    double at = plot_at_time(receiver_delay(r[0]));
    char text[32];

    fprintf(out,
            "<polyline class=\"delay\" points=\"%.1f,%.1f %.1f,%.1f "
            "%.1f,%.1f\"/>\n<text transform=\"translate(%.1f %.1f) "
            "rotate(-45)\">%s ",
            x, TOP - 24, at, TOP - 8, at, bottom, x + 4, TOP - 28,
            report_duration(receiver_delay(r[0]), text, sizeof(text)));
    for (size_t i = 0; i < n; i++) {
        fputs(i == 1 ? ", " : "", out);
        if (i < 2)
            html_text(receiver_name(r[i]), out);
    }
    if (n > 2)
        fprintf(out, " and %zu more", n - 2);
    fprintf(out, "</text>\n");
}

static void delays(const struct study *s, double bottom, FILE *out)
{
    struct receiver **r = xcalloc(s->nreceivers + 1, sizeof(*r));
    double last = 0;

    memcpy(r, s->receivers, s->nreceivers * sizeof(*r));
    qsort(r, s->nreceivers, sizeof(*r), by_delay);
    for (size_t i = 0, n; i < s->nreceivers; i += n) {
        double x = plot_at_time(receiver_delay(r[i]));

        for (n = 1; i + n < s->nreceivers && by_delay(&r[i], &r[i + n]) == 0;)
            n++;
        if (x < last + APART)
            x = last + APART;
        last = x;
        delay(r + i, n, x, bottom, out);
    }
    free(r);
}

void plot_tries(const struct study *s, FILE *out)
{
    double bottom = TOP + ROW * (double)s->nprofiles;

    plot_begin(out, "tries", bottom + 30, "Attempts of each profile");
    plot_time_axis(out, TOP, bottom);
    delays(s, bottom, out);
    for (size_t p = 0; p < s->nprofiles; p++)
        row(s, p, TOP + ROW * (double)p + 10, out);
    fprintf(out, "</svg></div>\n");
}
