/* New settings for programs that run. */
#ifndef TARRY_RELOAD_H
#define TARRY_RELOAD_H

#include "tarryd/tarryd.h"

void reload_init(struct tarryd *t);
void reload_release(struct tarryd *t);

/*
 * Asks for a reload, which begins from the loop, after one that is under way.
 * Returns its number; control_reloaded() is told of its end.
 */
unsigned reload_request(struct tarryd *t);
/* Forgets an offer under way: everything ends. */
void reload_cancel(struct tarryd *t);
/* Begins what was asked for while that could not be. */
void reload_resume(struct tarryd *t);

/* Offers the same settings with the files as they are now to some programs. */
void reload_files(struct tarryd *t, unsigned programs);

/* A program has the settings last sent to it, or not: why. */
void reload_answer(struct tarryd *t, enum program p, const char *why);
/* A program was started with the settings in force. */
void reload_missed(struct tarryd *t, enum program p);

#endif
