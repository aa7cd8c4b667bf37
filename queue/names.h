/* Small questions about local parts and domains. Pure. */
#ifndef TARRY_NAMES_H
#define TARRY_NAMES_H

#include "lib/address.h"
#include "lib/conf.h"

/*
 * Which of them a domain is, ASCII in lower case: one name in UTF-8 and in
 * A-labels is the same (RFC 5890 §2.3.2.4).  NULL when it is none.
 */
const char *names_find(const struct strings *domains, const char *domain);
bool names_ours(const struct strings *domains, const char *domain);

/*
 * "user" of "user+detail"; false when there is no detail (separator is NUL,
 * or not in it), no user, or the user does not fit.
 */
bool names_strip(const char *local, char separator,
                 char out[ADDRESS_LOCAL + 1]);

/* ASCII letters to lower case. False when that changes nothing. */
bool names_lower(const char *local, char out[ADDRESS_LOCAL + 1]);

/*
 * May stand in an envelope: 1 to ADDRESS_LOCAL octets, none of them a control
 * character.
 */
bool names_local(const char *local);

/*
 * May be a component of a path: as above, no '/', and no '.' in front, so
 * that it leads neither up nor to something hidden.
 */
bool names_component(const char *local);

#endif
