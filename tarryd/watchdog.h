/* Finds programs that live but do not answer. */
#ifndef TARRY_WATCHDOG_H
#define TARRY_WATCHDOG_H

#include "tarryd/tarryd.h"

void watchdog_init(struct tarryd *t);
void watchdog_release(struct tarryd *t);

/* Begins to ask them all; limits.hang says how long they may be silent. */
void watchdog_start(struct tarryd *t);

/* PONG: false when there was no PING. */
bool watchdog_answered(struct worker *w);

#endif
