/* Finds the files that the laboratory reads: profiles, and settings. */
#ifndef TARRY_LAB_LOAD_H
#define TARRY_LAB_LOAD_H

#include "lab/profile.h"
#include "lab/receiver.h"

/*
 * The folder with profiles/, examples/ and tarry.conf: dir, or if that is
 * NULL, /etc/tarry when it has profiles, else "etc".
 */
void load_from(const char *dir);

/*
 * A name ("postfix") or, with a '/' in it, a path.  The caller's to free().
 * NULL after mistakes went to stderr.  Behind the name of settings changes may
 * follow: "tarry,delay=1m,window=4h".
 */
struct profile *load_profile(const char *name);
struct receiver *load_receiver(const char *name);

/*
 * The names of all profiles, or all settings ("tarry" for tarry.conf is the
 * first), sorted; each and the array are the caller's to free.  -1 after a
 * message on stderr.
 */
int load_profile_names(char ***names, size_t *n);
int load_receiver_names(char ***names, size_t *n);
void load_names_free(char **names, size_t n);

#endif
