/*
 * Texts, each kept once and known by a number, which is never 0.  Pure, but
 * for a seed that nobody can guess: strangers choose the texts.
 */
#ifndef TARRY_CTL_TEXTS_H
#define TARRY_CTL_TEXTS_H

#include <stddef.h>
#include <stdint.h>

struct texts;

/* At most so many octets of text, 2 GB or less, 8 more for each included. */
struct texts *texts_new(size_t max);
void texts_free(struct texts *t); /* NULL is fine */

/* The number of a text, which is added if it is new; 0 when all is full. */
uint32_t texts_add(struct texts *t, const char *text);

/* Lives as long as all the texts. */
const char *texts_get(const struct texts *t, uint32_t text);

/* A number that goes with a text, 0 at first; for the user of the texts. */
uint32_t *texts_note(struct texts *t, uint32_t text);

#endif
