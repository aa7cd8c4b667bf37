/* What the simulation found, written for people and for programs. */
#ifndef TARRY_LAB_REPORT_H
#define TARRY_LAB_REPORT_H

#include "lab/delays.h"
#include "lab/study.h"

#include <stdio.h>

void report_text(const struct study *s, FILE *out);
void report_json(const struct study *s, FILE *out);
/* One page that needs nothing else, with its plots in it. */
void report_html(const struct study *s, FILE *out);

/* "0", "45s", "5m", "1h15m", "4d8h": the two largest units. */
char *report_duration(int64_t sec, char *out, size_t size);

/* Of wanted mail: of the profiles' messages, or of the mixture's. */
void report_delays(const struct study *s, size_t receiver, bool of_mix,
                   struct delays *out);

/* A line for each way to fail: who did, where, and why. */
void report_reasons(const struct study *s, FILE *out);

/* Percentiles of the delay of wanted mail that are reported. */
extern const unsigned report_percents[];
extern const size_t report_npercents;

const char *report_mail_word(enum mail_kind k);

/* n out of all, in per cent; 0 of 0 is 0. */
double report_share(unsigned n, unsigned all);

#endif
