/* What spool.c and spool_scan.c share. Others use spool.h. */
#ifndef TARRY_SPOOL_PARTS_H
#define TARRY_SPOOL_PARTS_H

#include "queue/spool.h"

/* Numbers given from now on are above this one. */
void spool_seen(struct spool *s, uint64_t id);

#endif
