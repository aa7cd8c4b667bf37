/* What the files of destinations share. Others use destinations.h. */
#ifndef TARRY_DESTINATIONS_PARTS_H
#define TARRY_DESTINATIONS_PARTS_H

#include "queue/destinations.h"

enum line {
    LINE_PROVEN,
    LINE_NEW,
    LINE_DEAD,
    LINE_LOCAL,
    LINE_ASKS,
    LINE_NONE
};

/* Out of the table and freed, if nobody needs it. */
void destinations_drop_unused(struct destinations *d, struct destination *x);
/* That it was reached, or was not. */
void destinations_remember(struct destinations *d, const struct destination *x,
                           bool reached);

#endif
