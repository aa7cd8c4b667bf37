/* How everything is, for people and for programs. */
#ifndef TARRY_STATUS_H
#define TARRY_STATUS_H

#include "tarryd/tarryd.h"

struct evbuffer;

void status_text(const struct tarryd *t, struct evbuffer *out);
void status_json(const struct tarryd *t, struct evbuffer *out);

#endif
