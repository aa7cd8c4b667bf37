/*
 * Greylisting for the played house: the daemon's own judgement, with records
 * in memory and the dialogue's clock.
 */
#ifndef TARRY_DIALOGUE_RUN_GREYLIST_H
#define TARRY_DIALOGUE_RUN_GREYLIST_H

#include "smtpd/session.h"

struct greylist_house;

/* Settings from a configuration file. Exits with a message on a mistake. */
struct greylist_house *greylist_house_new(const char *conf_file);
void greylist_house_free(struct greylist_house *g); /* NULL is fine */

/* name: the client's verified host name, or NULL. */
struct verdict
greylist_house_judge(struct greylist_house *g, const struct netaddr *client,
                     const char *name, const struct address *sender,
                     const struct address *recipient, int64_t now);

#endif
