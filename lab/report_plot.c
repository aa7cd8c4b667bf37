/*
 * The plots of the HTML report, see report_plot.h.
 *
 * Time runs to the right on a scale that is even for the first half minute
 * and logarithmic behind it, so that a minute and a day are both to be seen,
 * and so is zero.  Lines differ by dashes, bars by their filling: colour says
 * nothing that black and white would not.
 */
#include "lab/report_plot.h"

#include <math.h>
#include <string.h>

#define WIDTH 960.0
#define LEFT  150.0
#define RIGHT 170.0
#define TOP   40.0

static const struct {
    int64_t sec;
    const char *text;
} ticks[] = {{0, "0"},       {60, "1m"},     {300, "5m"},   {1800, "30m"},
             {7200, "2h"},   {21600, "6h"},  {86400, "1d"}, {172800, "2d"},
             {432000, "5d"}, {604800, "7d"}, {0, NULL}};
#define LAST 604800

static const char *const dashes[] = {"none", "8 3",     "3 3", "12 3 3 3",
                                     "1 3",  "8 3 1 3", "5 5", "16 4"};
static const char *const colours[] = {"#000000", "#0072b2", "#d55e00",
                                      "#009e73", "#cc79a7", "#56b4e9",
                                      "#8a6d00", "#666666"};
#define LOOKS (sizeof(dashes) / sizeof(*dashes))

void html_text(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
}

static double at_time(int64_t sec)
{
    double t = sec < LAST ? (double)sec : LAST;

    return LEFT + (WIDTH - LEFT - RIGHT) * log1p(t / 30) / log1p(LAST / 30.0);
}

static void label(FILE *out, double x, double y, const char *anchor,
                  const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y,
            anchor);
    html_text(text, out);
    fprintf(out, "</text>\n");
}

static void begin(FILE *out, const char *id, double height, const char *what)
{
    fprintf(out,
            "<svg id=\"%s\" role=\"img\" viewBox=\"0 0 %.0f %.0f\" "
            "xmlns=\"http://www.w3.org/2000/svg\">\n<title>%s</title>\n",
            id, WIDTH, height, what);
}

static void time_axis(FILE *out, double bottom)
{
    for (int i = 0; ticks[i].text != NULL; i++) {
        double x = at_time(ticks[i].sec);

        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                "y2=\"%.1f\"/>\n",
                x, TOP, x, bottom);
        label(out, x, bottom + 16, "middle", ticks[i].text);
    }
}

/* Cells of wanted profiles that were delivered within sec. */
static unsigned cells_within(const struct study *s, size_t r, int64_t sec)
{
    unsigned n = 0;

    for (size_t p = 0; p < s->nprofiles; p++) {
        const struct cell *c = study_cell(s, p, r);

        n += s->profiles[p]->mail == MAIL_WANTED && c->fate == FATE_DELIVERED &&
             c->delay_sec <= sec;
    }
    return n;
}

static unsigned wanted_profiles(const struct study *s)
{
    unsigned n = 0;

    for (size_t p = 0; p < s->nprofiles; p++)
        n += s->profiles[p]->mail == MAIL_WANTED;
    return n;
}

static double share_within(const struct study *s, size_t r, int64_t sec)
{
    if (s->mix != NULL)
        return report_share(mix_within(&s->mix[r], sec), s->mix[r].wanted);
    return report_share(cells_within(s, r, sec), wanted_profiles(s));
}

/* A curve of steps: a point wherever its height changes. */
static void curve(const struct study *s, size_t r, double bottom, FILE *out)
{
    double height = bottom - TOP, last = -1;
    size_t look = r % LOOKS;

    fprintf(out,
            "<path class=\"curve\" fill=\"none\" stroke=\"%s\" "
            "stroke-dasharray=\"%s\" d=\"M",
            colours[look], dashes[look]);
    for (int64_t sec = 0; sec <= LAST; sec += sec / 40 + 5) {
        double y = bottom - height * share_within(s, r, sec) / 100;

        if (last >= 0 && fabs(y - last) > 0.01)
            fprintf(out, " %.1f,%.1f", at_time(sec), last);
        if (fabs(y - last) > 0.01)
            fprintf(out, " %.1f,%.1f", at_time(sec), y);
        last = y;
    }
    fprintf(out, " %.1f,%.1f\"/>\n", at_time(LAST), last);
}

static void legend(const struct study *s, FILE *out)
{
    for (size_t r = 0; r < s->nreceivers; r++) {
        double y = TOP + 10 + 18 * (double)r, x = WIDTH - RIGHT + 12;

        fprintf(out,
                "<line stroke=\"%s\" stroke-width=\"2.5\" "
                "stroke-dasharray=\"%s\" x1=\"%.1f\" y1=\"%.1f\" "
                "x2=\"%.1f\" y2=\"%.1f\"/>\n",
                colours[r % LOOKS], dashes[r % LOOKS], x, y - 4, x + 36, y - 4);
        label(out, x + 42, y, "start", receiver_name(s->receivers[r]));
    }
}

void plot_delays(const struct study *s, FILE *out)
{
    double bottom = 340;
    char text[16];

    if (bottom < TOP + 18 * (double)s->nreceivers)
        bottom = TOP + 18 * (double)s->nreceivers;
    begin(out, "delays", bottom + 40, "Wanted mail that arrived, over time");
    time_axis(out, bottom);
    for (int percent = 0; percent <= 100; percent += 20) {
        double y = bottom - (bottom - TOP) * percent / 100;

        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                "y2=\"%.1f\"/>\n",
                LEFT, y, WIDTH - RIGHT, y);
        snprintf(text, sizeof(text), "%d%%", percent);
        label(out, LEFT - 8, y + 4, "end", text);
    }
    for (size_t r = 0; r < s->nreceivers; r++)
        curve(s, r, bottom, out);
    legend(s, out);
    fprintf(out, "</svg>\n");
}

/* One row: a dot for each attempt that is to be told from the one before. */
static void tries_row(const struct study *s, size_t p, double y, FILE *out)
{
    double last = -9;
    char text[48];

    label(out, LEFT - 10, y + 4, "end", s->profiles[p]->name);
    for (size_t i = 0; i < s->ntries[p]; i++) {
        double x = at_time(s->tries[p][i]);

        if (x - last < 2)
            continue;
        last = x;
        fprintf(out,
                "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>\n",
                report_mail_word(s->profiles[p]->mail), x, y);
    }
    snprintf(text, sizeof(text), "%zu attempt%s", s->ntries[p],
             s->ntries[p] == 1 ? "" : "s");
    label(out, WIDTH - RIGHT + 12, y + 4, "start", text);
}

void plot_tries(const struct study *s, FILE *out)
{
    double bottom = TOP + 20 * (double)s->nprofiles;

    begin(out, "tries", bottom + 30, "Attempts of each profile");
    time_axis(out, bottom);
    for (size_t r = 0; r < s->nreceivers; r++) {
        double x = at_time(receiver_delay(s->receivers[r]));

        fprintf(out,
                "<line class=\"delay\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                "y2=\"%.1f\"><title>",
                x, TOP - 8, x, bottom);
        html_text(receiver_name(s->receivers[r]), out);
        fprintf(out, "</title></line>\n");
    }
    label(out, LEFT, TOP - 14, "start",
          "Broken lines: the delays of the receivers");
    for (size_t p = 0; p < s->nprofiles; p++)
        tries_row(s, p, TOP + 20 * (double)p + 10, out);
    fprintf(out, "</svg>\n");
}

static void bar(FILE *out, double y, double percent, const char *kind,
                const char *what)
{
    double width = (WIDTH - LEFT - RIGHT) * percent / 100;
    char text[64];

    fprintf(out,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
            "height=\"12\"/>\n",
            kind, LEFT, y, width);
    snprintf(text, sizeof(text), "%.2f%% %s", percent, what);
    label(out, LEFT + width + 6, y + 10, "start", text);
}

void plot_mix(const struct study *s, FILE *out)
{
    double bottom = TOP + 36 * (double)s->nreceivers;

    begin(out, "mixture", bottom + 10, "The mixture, by receiver");
    for (size_t r = 0; r < s->nreceivers; r++) {
        const struct mix_result *m = &s->mix[r];
        double y = TOP + 36 * (double)r;

        label(out, LEFT - 10, y + 16, "end", receiver_name(s->receivers[r]));
        bar(out, y, report_share(m->spam - m->spam_stored, m->spam), "stopped",
            "of spam stopped");
        bar(out, y + 15,
            report_share(m->wanted - m->wanted_delivered, m->wanted), "missed",
            "of wanted mail did not arrive");
    }
    fprintf(out, "</svg>\n");
}
