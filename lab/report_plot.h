/* The plots of the HTML report, each one <svg> element. */
#ifndef TARRY_LAB_REPORT_PLOT_H
#define TARRY_LAB_REPORT_PLOT_H

#include "lab/report.h"

/* Which share of wanted mail arrived within which time, by receiver. */
void plot_delays(const struct study *s, FILE *out);
/* When each profile tries, against the delays of the receivers. */
void plot_tries(const struct study *s, FILE *out);
/* Spam stopped and wanted mail not arrived, by receiver, of the mixture. */
void plot_mix(const struct study *s, FILE *out);

/* Text as HTML wants it. */
void html_text(const char *text, FILE *out);

#endif
