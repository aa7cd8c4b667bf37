/* The program queue. */
#ifndef TARRY_QUEUE_H
#define TARRY_QUEUE_H

#include "lib/child.h"

extern const struct child_ops queue_ops;

#endif
