/* A time as an administrator writes it. Pure. */
#ifndef TARRY_CTL_SINCE_H
#define TARRY_CTL_SINCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "90m", "7d": so long before now.  "2026-11-21", with " 18:45" or
 * "T18:45:03" behind it: local time, or UTC with a final "Z".  Seconds since
 * 1970, as JSON has them.
 */
#define SINCE_MISTAKE "neither a duration (90m, 7d) nor a time (2026-11-21)"
bool since_parse(const char *text, int64_t now, int64_t *out);

#endif
