/* The sockets on which smtpd and greylist will accept. */
#ifndef TARRY_LISTENERS_H
#define TARRY_LISTENERS_H

#include "tarryd/settings.h"

/* Sockets that our starter opened for us (systemd's socket activation). */
struct inherited {
    size_t n;
    int fds[SETUP_LISTENERS];
};

/* Takes them over, as $LISTEN_PID and $LISTEN_FDS say. */
void inherited_take(struct inherited *in);
/* Closes those that no option named, with a warning for each. */
void inherited_close(struct inherited *in);

/*
 * Fills s->listeners and s->policy: with a socket of in, with one that old (or
 * NULL) has open for the same address, or with a new one.  Returns 0, or a code
 * of sysexits(3) with the reasons in the report; s is then to be freed.
 */
int listeners_open(struct settings *s, struct settings *old,
                   struct inherited *in, struct report *r);

#endif
