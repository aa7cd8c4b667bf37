/* What the files of report_plot.h share: a frame, a scale of time, labels. */
#ifndef TARRY_LAB_REPORT_PLOT_PARTS_H
#define TARRY_LAB_REPORT_PLOT_PARTS_H

#include "lab/report_plot.h"

#define PLOT_WIDTH 960.0
#define PLOT_LEFT  150.0
#define PLOT_RIGHT 170.0
#define PLOT_TOP   40.0

/* Where a time stands, to the right. */
double plot_at_time(int64_t sec);

void plot_begin(FILE *out, const char *id, double height, const char *what);
void plot_time_axis(FILE *out, double top, double bottom);
/* anchor: "start", "middle" or "end", at (x, y). */
void plot_label(FILE *out, double x, double y, const char *anchor,
                const char *text);

#endif
