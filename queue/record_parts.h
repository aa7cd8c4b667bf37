/* What the readers of records share. For record_*.c only. */
#ifndef TARRY_RECORD_PARTS_H
#define TARRY_RECORD_PARTS_H

#include "queue/record.h"

/* The next word of a line, cut out of it; NULL when there is none. */
char *record_word(char **line);
/* The same, as a number without sign, of max at most. */
bool record_number(char **line, int base, uint64_t max, uint64_t *out);
/* Applies one event, a line. False when it makes no sense. */
bool record_event_read(struct record *r, char *line);

#endif
