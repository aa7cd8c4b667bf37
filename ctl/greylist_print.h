/* What the greylist tells, a JSON object a line, for people. */
#ifndef TARRY_CTL_GREYLIST_PRINT_H
#define TARRY_CTL_GREYLIST_PRINT_H

#include <jansson.h>

/* One line of list or show: a triplet, a client, an attempt. */
void print_record(const json_t *line);
void print_edit(const json_t *line);
void print_stats(const json_t *line);
void print_load(const json_t *line);

#endif
