/* Telling systemd how we are; see sd_notify(3). */
#ifndef TARRY_NOTIFY_H
#define TARRY_NOTIFY_H

/* All do nothing when $NOTIFY_SOCKET is not set. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
