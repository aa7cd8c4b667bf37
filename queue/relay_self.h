/* Whether a connection has come out at our own smtpd. */
#ifndef TARRY_QUEUE_RELAY_SELF_H
#define TARRY_QUEUE_RELAY_SELF_H

#include "lib/conf.h"

/* c must live as long as connections are asked about. */
void relay_self_prepare(const struct conf *c);
/* fd is connected. */
bool relay_self_is(int fd);

#endif
