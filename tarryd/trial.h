/* Whether the programs would take the settings. */
#ifndef TARRY_TRIAL_H
#define TARRY_TRIAL_H

#include "tarryd/settings.h"

/*
 * Asks those programs that read files of the settings, each in a process of its
 * own that makes and serves nothing.  What they refuse is in the report.
 */
void trial(const struct settings *s, struct report *r);

#endif
