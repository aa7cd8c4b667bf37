/* Registered domains, by the public suffix list that libpsl has built in. */
#ifndef TARRY_GREYLIST_SUFFIX_H
#define TARRY_GREYLIST_SUFFIX_H

/*
 * The registered domain of a lower-case host name, as a pointer to where it
 * begins in it: "example.co.uk" of "mx.example.co.uk".  NULL when it has none:
 * it is a public suffix itself, or a single label.  Suffixes under which the
 * public may register with a company (github.io) count as public.
 */
const char *suffix_registered(const char *name);

#endif
