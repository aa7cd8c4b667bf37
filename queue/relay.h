/* relay: the program. */
#ifndef TARRY_QUEUE_RELAY_H
#define TARRY_QUEUE_RELAY_H

#include "lib/child.h"

extern const struct child_ops relay_ops;

#endif
