/* What the files of profile.c share: words and times. */
#ifndef TARRY_PROFILE_PARTS_H
#define TARRY_PROFILE_PARTS_H

#include "lab/profile.h"

struct profile_key {
    const char *name;
    /* Returns NULL, or what is wrong, a text that lives until the next. */
    const char *(*read)(struct profile *p, char **v, size_t n);
    bool often; /* may stand more than once */
};
extern const struct profile_key profile_keys[]; /* ends with a NULL name */

/*
 * "schedule tarry": the waits and lifetimes that the file does not give are
 * the defaults of tarry.conf.  Returns NULL, or what is wrong.
 */
const char *profile_schedule(struct profile *p);

/* The index of word in a list that ends with NULL, or -1. */
int word_find(const char *word, const char *const *words);

extern const char *const step_words[],
    *const class_words[], *const reaction_words[]; /* each ends with NULL */

/* "90s", "5m", or minutes and seconds, "6:02". False when it is neither. */
bool time_parse(const char *word, uint32_t *sec);
/* "4", up to max. */
bool number_parse(const char *word, uint32_t max, uint32_t *n);
/* "1.5" -> 150, up to a hundred. */
bool factor_parse(const char *word, uint32_t *percent);

#endif
