/*
 * The report as one HTML page, which loads nothing: style and plots are in
 * it.  In the matrix light is what should be, wanted mail delivered and spam
 * not; wanted mail is hatched when it bounced and black when it was lost, as
 * is spam that came through.  Each cell says so in words, so a print in black
 * and white reads the same.  What is wider than a screen moves in a frame of
 * its own.  Text that came from files is escaped.
 */
#include "lab/report_plot.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,"
    " initial-scale=1\">\n"
    "<title>Senders and receivers</title>\n"
    "<style>\n"
    "body { font: 15px/1.5 sans-serif; max-width: 78em; margin: 2em auto;"
    " padding: 0 1em; color: #111; background: #fff;"
    " -webkit-print-color-adjust: exact; print-color-adjust: exact }\n"
    "h1 { font-size: 1.6em } h2 { font-size: 1.2em; margin-top: 2em }\n"
    ".wide { overflow-x: auto }\n"
    "table { border-collapse: collapse; font-size: 12px }\n"
    "th, td { border: 1px solid #777; padding: 1px 5px; text-align: left;"
    " white-space: nowrap }\n"
    "th:first-child { position: sticky; left: 0; background: #fff }\n"
    "tr.group > * { background: #eee; border-top: 2px solid #111 }\n"
    "td.what { white-space: normal; min-width: 16em }\n"
    "td.number { text-align: right; font-variant-numeric: tabular-nums }\n"
    ".delivered, .stopped { background: #e3f4e8 }"
    " .answered { background: #e4eefb }\n"
    ".duplicated { background: #ffe98a; border: 3px double #000 }\n"
    ".bounced { background: repeating-linear-gradient(45deg, #e8a048 0 1.5px,"
    " #fff3e0 1.5px 7px) }\n"
    ".lost, .passed { background: #222; color: #fff }\n"
    "svg { width: 100%; min-width: 52em; height: auto;"
    " font: 12px sans-serif }\n"
    "svg .grid { stroke: #ddd } svg .curve { stroke-width: 2.5 }\n"
    "svg .delay { stroke: #000; stroke-dasharray: 4 3; fill: none }\n"
    "svg .mark { font-weight: bold; stroke: #fff; stroke-width: 4;"
    " paint-order: stroke }\n"
    "circle.wanted { fill: #0072b2 } circle.spam { fill: #fff; stroke: #000;"
    " stroke-width: 1.5 } circle.probe { fill: #999; stroke: #000 }\n"
    "@media print { .wide { overflow: visible } table { font-size: 8px } }\n"
    "rect.stopped { fill: #555 } rect.missed { fill: #fff; stroke: #d55e00;"
    " stroke-width: 1.5 }\n"
    "</style>\n"
    "<h1>Senders and receivers</h1>\n";

static const char *cell_class(const struct cell *c, enum mail_kind mail)
{
    if (mail == MAIL_SPAM)
        return c->stored > 0 ? "passed" : "stopped";
    return c->stored > 1 ? "duplicated" : fate_word(c->fate);
}

static void matrix_cell(const struct cell *c, enum mail_kind mail, FILE *out)
{
    char delay[32];

    fprintf(out, "<td class=\"%s\" title=\"", cell_class(c, mail));
    if (c->why[0] != '\0')
        html_text(c->why, out);
    else
        fprintf(out, "%s in %u attempt%s", fate_word(c->fate), c->attempts,
                c->attempts == 1 ? "" : "s");
    if (c->fate == FATE_DELIVERED)
        fprintf(out, "\">%s / %u",
                report_duration(c->delay_sec, delay, sizeof(delay)),
                c->attempts);
    else
        fprintf(out, "\">%s / %u", fate_word(c->fate), c->attempts);
    if (c->stored > 1)
        fprintf(out, ", <b>\u00d7%u</b>", c->stored);
    fprintf(out, "</td>");
}

static void matrix_row(const struct study *s, size_t p, FILE *out)
{
    const struct profile *profile = s->profiles[p];

    fprintf(out, "<tr><th>");
    html_text(profile->name, out);
    fprintf(out, "</th>");
    for (size_t r = 0; r < s->nreceivers; r++)
        matrix_cell(study_cell(s, p, r), profile->mail, out);
    fprintf(out, "<td class=\"what\">");
    html_text(profile->title, out);
    fprintf(out, "</td></tr>\n");
}

static void matrix_group(const struct study *s, enum mail_kind mail, FILE *out)
{
    static const char *const headings[] = {"Wanted mail", "Spam",
                                           "Only asking"};
    size_t n = 0;

    for (size_t p = 0; p < s->nprofiles; p++) {
        if (s->profiles[p]->mail != mail)
            continue;
        if (n++ == 0)
            fprintf(out,
                    "<tr class=\"group\"><th>%s</th>"
                    "<td colspan=\"%zu\"></td></tr>\n",
                    headings[mail], s->nreceivers + 1);
        matrix_row(s, p, out);
    }
}

static void matrix(const struct study *s, FILE *out)
{
    fprintf(out, "<div class=\"wide\"><table id=\"matrix\">\n<tr><th></th>");
    for (size_t r = 0; r < s->nreceivers; r++) {
        fprintf(out, "<th>");
        html_text(receiver_name(s->receivers[r]), out);
        fprintf(out, "</th>");
    }
    fprintf(out, "<th>what it is</th></tr>\n");
    matrix_group(s, MAIL_WANTED, out);
    matrix_group(s, MAIL_SPAM, out);
    matrix_group(s, MAIL_PROBE, out);
    fprintf(out, "</table></div>\n");
}

static void reasons(const struct study *s, FILE *out)
{
    char *text = NULL, *rest, *line;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (f != NULL)
        report_reasons(s, f);
    if (f == NULL || fclose(f) != 0)
        fatal(EX_OSERR, "no memory");
    rest = text;
    fprintf(out, "<h2>Why</h2>\n<ul id=\"why\">\n");
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        fprintf(out, "<li>");
        html_text(line, out);
        fprintf(out, "</li>\n");
    }
    fprintf(out, "</ul>\n");
    free(text);
}

static void mixture_row(const struct mix_result *m, const char *name, FILE *out)
{
    char delay[32];

    fprintf(out, "<tr><th>");
    html_text(name, out);
    fprintf(out, "</th><td class=\"number\">%.2f%%</td>",
            report_share(m->spam - m->spam_stored, m->spam));
    fprintf(out,
            "<td class=\"number\">%.2f%%</td><td class=\"number\">%u</td>"
            "<td class=\"number\">%u</td><td class=\"number\">%u</td>",
            report_share(m->wanted_delivered, m->wanted), m->wanted_bounced,
            m->wanted_lost, m->duplicates);
    for (size_t i = 0; i < report_npercents; i++)
        fprintf(out, "<td class=\"number\">%s</td>",
                report_duration(mix_percentile(m, report_percents[i]), delay,
                                sizeof(delay)));
    fprintf(out, "</tr>\n");
}

static void mixture(const struct study *s, FILE *out)
{
    const struct mix_settings *m = &s->mix_settings;

    fprintf(out,
            "<h2>A mixture</h2>\n<p>%u senders over %u days, %u%% of them "
            "robots: %u wanted messages, %u of spam. The columns in per cent "
            "say how long that share of the wanted mail that arrived waited "
            "at most.</p>\n",
            m->senders, m->days, m->spam_percent, s->mix[0].wanted,
            s->mix[0].spam);
    plot_mix(s, out);
    fprintf(out,
            "<div class=\"wide\"><table><tr><th></th><th>spam stopped</th>"
            "<th>wanted arrived</th><th>bounced</th><th>lost</th><th>stored "
            "twice</th>");
    for (size_t i = 0; i < report_npercents; i++)
        fprintf(out, "<th>%u%%</th>", report_percents[i]);
    fprintf(out, "</tr>\n");
    for (size_t r = 0; r < s->nreceivers; r++)
        mixture_row(&s->mix[r], receiver_name(s->receivers[r]), out);
    fprintf(out, "</table></div>\n");
}

void report_html(const struct study *s, FILE *out)
{
    char late[32];

    fputs(head, out);
    fprintf(
        out,
        "<p>%zu profiles of senders, each with one message, at %zu "
        "receivers that did not know them. Seed %llu, %u MX hosts.%s%s%s</p>\n"
        "<h2>What became of the message</h2>\n"
        "<p>Light: as it should be, wanted mail is delivered after that time, "
        "and spam is not. Hatched: wanted mail bounced, its writer is told. "
        "Black: wanted mail lost, nobody is told; or spam that came through. "
        "Double frame: delivered so many times. Behind the stroke: how many "
        "attempts.</p>\n",
        s->nprofiles, s->nreceivers, (unsigned long long)s->seed, s->mxs,
        s->answer_sec > 0 ? " The reply to a message came " : "",
        s->answer_sec > 0 ? report_duration(s->answer_sec, late, sizeof(late))
                          : "",
        s->answer_sec > 0 ? " late." : "");
    matrix(s, out);
    reasons(s, out);
    fprintf(out, "<h2>How long wanted mail waits</h2>\n<p>%s</p>\n",
            s->mix != NULL ? "Share of the mixture's wanted messages that "
                             "arrived within a time."
                           : "Share of the profiles that send wanted mail "
                             "whose message arrived within a time.");
    plot_delays(s, out);
    fprintf(out, "<h2>When they try</h2>\n<p>Attempts of each profile if it "
                 "were deferred for ever. Full dots: wanted mail. Rings: "
                 "spam. Grey: probes. Broken lines: the delays of the "
                 "receivers.</p>\n");
    plot_tries(s, out);
    if (s->mix != NULL)
        mixture(s, out);
    fprintf(out, "</html>\n");
}
