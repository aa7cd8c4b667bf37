/* The wait that the text of a 4xx reply names, in words of its own. */
#ifndef TARRY_WAIT_TEXT_H
#define TARRY_WAIT_TEXT_H

/*
 * Seconds: "please try again in 3 minutes" is 180, "-- 39 seconds" 39,
 * "retry=300" 300, "come back in 00:05:00" 300.  0 when it names none; the
 * longest of several.  Lines may be separated by '\n'.  At most 30 days.
 */
unsigned wait_text(const char *reply);

#endif
