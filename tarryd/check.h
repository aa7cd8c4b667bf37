/* What only the start can tell of the settings. */
#ifndef TARRY_CHECK_H
#define TARRY_CHECK_H

#include "lib/conf.h"
#include "tarryd/report.h"

/* As root: the user must exist, and must not be root. */
void check_user(const struct conf *c, struct report *r);

/* The folder of virtual mailboxes must be there; those in it need not. */
void check_mailboxes(const struct conf *c, struct report *r);

/*
 * Makes the state folder and in it the empty folder into which smtpd is
 * locked.  0, or -1 with the reason in the report.
 */
int check_state(const struct conf *c, struct report *r);
/* Whether that would succeed; changes nothing. */
void check_state_only(const struct conf *c, struct report *r);

/* Makes a folder and those above it where they are missing. -1: errno. */
int make_folders(const char *path, unsigned mode);

#endif
