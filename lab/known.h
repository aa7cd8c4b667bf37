/* Records of the greylist in memory, by key: the laboratory's store. */
#ifndef TARRY_LAB_KNOWN_H
#define TARRY_LAB_KNOWN_H

#include "greylist/judge.h"

struct known;

struct known *known_new(void);
void known_free(struct known *k); /* NULL is fine */

/*
 * Judges an attempt as the program greylist does, with what is remembered of
 * the ones before, and remembers it.
 */
void known_judge(struct known *k, const struct judge_settings *s,
                 const struct rcpt *a, int64_t now, struct judgement *out);

#endif
