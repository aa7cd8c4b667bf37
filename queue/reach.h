/* The folders that deliver needs, which its sandbox leaves open. */
#ifndef TARRY_REACH_H
#define TARRY_REACH_H

#include "lib/conf.h"
#include "lib/sandbox.h"
#include "queue/accounts.h"

struct reach {
    char *v[SANDBOX_PATHS];
    size_t n;
};

/*
 * Adds the folders for these settings: that of postmaster in the state
 * folder, and that which all virtual mailboxes lie in, or those in which the
 * homes of the accounts are.  -1 with a text when one cannot be used.
 */
int reach_add(struct reach *r, const struct conf *conf,
              const struct accounts *accounts, char *err, size_t size);
void reach_release(struct reach *r);

/* Warns of homes that are outside of it. */
void reach_warn(const struct reach *r, const struct accounts *accounts);

#endif
