/* CHECK, and what is answered: is a recipient known, and where does it lead? */
#ifndef TARRY_CHECK_H
#define TARRY_CHECK_H

#include "lib/chan.h"
#include "queue/maildir.h"
#include "queue/recipients.h"

/*
 * Answers on c; a mailbox that could not be used is a failure.  Returns what is
 * wrong with the question, or NULL.
 */
const char *check_answer(const struct recipients *r,
                         const struct maildirs *kept, const struct held *held,
                         struct chan *c, struct msg *m);

#endif
