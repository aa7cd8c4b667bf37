/* The verdicts on all that a receiver saw, as text or JSON. */
#ifndef TARRY_LAB_VERDICT_PRINT_H
#define TARRY_LAB_VERDICT_PRINT_H

#include "lab/verdict.h"

/*
 * Judges every message of the list; a message that nothing was ordered for
 * and that was accepted at once says nothing of its sender, but is told, too.
 * Returns how many were found at fault.
 */
size_t verdict_print(FILE *f, const struct seen_list *l, int64_t now_ms,
                     bool json);

#endif
