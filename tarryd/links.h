/* Channels between programs: made, and made again. */
#ifndef TARRY_LINKS_H
#define TARRY_LINKS_H

#include "tarryd/tarryd.h"

void links_init(struct tarryd *t);
void links_release(struct tarryd *t);

/* Between all programs, each of which has just been started. */
void links_make(struct tarryd *t);
/* Between a program and all whom it talks to. */
void links_renew(struct worker *w);

/* LOST: false when it is malformed. */
bool links_lost(struct worker *w, struct msg *m);

#endif
