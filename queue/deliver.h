/* deliver, as child_run() runs it. */
#ifndef TARRY_DELIVER_H
#define TARRY_DELIVER_H

#include "lib/child.h"

extern const struct child_ops deliver_ops;

#endif
