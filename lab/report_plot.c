/*
 * The plots of the HTML report, see report_plot.h.
 *
 * Time runs to the right on a scale that is even for the first half minute
 * and logarithmic behind it, so that a minute and a day are both to be seen,
 * and so is zero.  Lines differ by dashes, bars by their filling: colour says
 * nothing that black and white would not, and each curve bears its letter.
 */
#include "lab/report_plot_parts.h"

#include <math.h>
#include <string.h>

#define WIDTH PLOT_WIDTH
#define LEFT  PLOT_LEFT
#define RIGHT PLOT_RIGHT
#define TOP   PLOT_TOP

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

double plot_at_time(int64_t sec)
{
    double t = sec < LAST ? (double)sec : LAST;

    return LEFT + (WIDTH - LEFT - RIGHT) * log1p(t / 30) / log1p(LAST / 30.0);
}

void plot_label(FILE *out, double x, double y, const char *anchor,
                const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y,
            anchor);
    html_text(text, out);
    fprintf(out, "</text>\n");
}

/* Curves are told apart by it, also where they lie upon each other. */
static const char *letter(size_t r)
{
    static char text[2];

    text[0] = (char)('A' + r % 26);
    return text;
}

void plot_begin(FILE *out, const char *id, double height, const char *what)
{
    fprintf(out,
            "<div class=\"wide\"><svg id=\"%s\" role=\"img\" viewBox=\"0 0 "
            "%.0f %.0f\" "
            "xmlns=\"http://www.w3.org/2000/svg\">\n<title>%s</title>\n",
            id, WIDTH, height, what);
}

void plot_time_axis(FILE *out, double top, double bottom)
{
    for (int i = 0; ticks[i].text != NULL; i++) {
        double x = plot_at_time(ticks[i].sec);

        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                "y2=\"%.1f\"/>\n",
                x, top, x, bottom);
        plot_label(out, x, bottom + 16, "middle", ticks[i].text);
    }
}

/* Its letter upon the curve, each at a place of its own. */
static void mark(const struct study *s, size_t r, double bottom, FILE *out)
{
    struct delays d;
    double x = LEFT + (WIDTH - LEFT - RIGHT) * ((double)r + 0.5) /
                          (double)s->nreceivers;
    size_t arrived = 0;

    report_delays(s, r, s->mix != NULL, &d);
    if (d.of == 0)
        return;
    for (size_t i = 0; i < d.n && plot_at_time(d.v[i].sec) <= x; i++)
        arrived = d.v[i].arrived;
    fprintf(out, "<g class=\"mark\">");
    plot_label(out, x,
               bottom - (bottom - TOP) * (double)arrived / (double)d.of + 4,
               "middle", letter(r));
    fprintf(out, "</g>\n");
}

/* A curve of steps, one at each point of the distribution. */
static void curve(const struct study *s, size_t r, double bottom, FILE *out)
{
    double height = bottom - TOP, y = bottom;
    size_t look = r % LOOKS;
    struct delays d;

    report_delays(s, r, s->mix != NULL, &d);
    fprintf(out,
            "<path class=\"curve\" fill=\"none\" stroke=\"%s\" "
            "stroke-dasharray=\"%s\" d=\"M %.1f,%.1f",
            colours[look], dashes[look], LEFT, bottom);
    for (size_t i = 0; i < d.n; i++) {
        double x = plot_at_time(d.v[i].sec);

        fprintf(out, " %.1f,%.1f", x, y);
        y = bottom - height * (double)d.v[i].arrived / (double)d.of;
        fprintf(out, " %.1f,%.1f", x, y);
    }
    fprintf(out, " %.1f,%.1f\"/>\n", plot_at_time(LAST), y);
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
        plot_label(out, x + 48, y, "middle", letter(r));
        plot_label(out, x + 58, y, "start", receiver_name(s->receivers[r]));
    }
}

void plot_delays(const struct study *s, FILE *out)
{
    double bottom = 340;
    char text[16];

    if (bottom < TOP + 18 * (double)s->nreceivers)
        bottom = TOP + 18 * (double)s->nreceivers;
    plot_begin(out, "delays", bottom + 40,
               "Wanted mail that arrived, over time");
    plot_time_axis(out, TOP, bottom);
    for (int percent = 0; percent <= 100; percent += 20) {
        double y = bottom - (bottom - TOP) * percent / 100;

        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                "y2=\"%.1f\"/>\n",
                LEFT, y, WIDTH - RIGHT, y);
        snprintf(text, sizeof(text), "%d%%", percent);
        plot_label(out, LEFT - 8, y + 4, "end", text);
    }
    for (size_t r = 0; r < s->nreceivers; r++)
        curve(s, r, bottom, out);
    for (size_t r = 0; r < s->nreceivers; r++)
        mark(s, r, bottom, out);
    legend(s, out);
    fprintf(out, "</svg></div>\n");
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
    plot_label(out, LEFT + width + 6, y + 10, "start", text);
}

void plot_mix(const struct study *s, FILE *out)
{
    double bottom = TOP + 36 * (double)s->nreceivers;

    plot_begin(out, "mixture", bottom + 10, "The mixture, by receiver");
    for (size_t r = 0; r < s->nreceivers; r++) {
        const struct mix_result *m = &s->mix[r];
        double y = TOP + 36 * (double)r;

        plot_label(out, LEFT - 10, y + 16, "end",
                   receiver_name(s->receivers[r]));
        bar(out, y, report_share(m->spam - m->spam_stored, m->spam), "stopped",
            "of spam stopped");
        bar(out, y + 15,
            report_share(m->wanted - m->wanted_delivered, m->wanted), "missed",
            "of wanted mail did not arrive");
    }
    fprintf(out, "</svg></div>\n");
}
