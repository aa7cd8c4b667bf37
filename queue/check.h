/* CHECK, and what is answered: is a recipient known, and where does it lead? */
#ifndef TARRY_CHECK_H
#define TARRY_CHECK_H

#include "lib/chan.h"
#include "queue/recipients.h"

/* Answers on c. Returns what is wrong with the question, or NULL. */
const char *check_answer(const struct recipients *r, struct chan *c,
                         struct msg *m);

#endif
