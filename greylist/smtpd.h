/* smtpd's questions (MSG_JUDGE), and the answers to them. */
#ifndef TARRY_GREYLIST_SMTPD_H
#define TARRY_GREYLIST_SMTPD_H

#include "greylist/decide.h"
#include "lib/chan.h"

/* Takes a channel to smtpd, in place of the one before. */
void smtpd_open(struct event_base *base, int fd, struct decider *d);
void smtpd_close(void);

#endif
