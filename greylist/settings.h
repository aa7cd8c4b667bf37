/*
 * The settings of the greylist, ready for judge.h: lists read and sealed, the
 * reply checked.  Pure: files come as text.
 */
#ifndef TARRY_GREYLIST_SETTINGS_H
#define TARRY_GREYLIST_SETTINGS_H

#include "greylist/judge.h"

/* The text of a file that stands in a list of the configuration. */
struct settings_file {
    enum file_kind kind; /* which list */
    unsigned index;      /* where in it */
    const char *path;
    const char *text;
    size_t len;
};

/*
 * Returns NULL with all mistakes in err, one a line ("file:line: ..."), cut
 * at size, which is 512 at least.  conf is not needed afterwards.
 */
struct judge_settings *settings_new(const struct conf *conf,
                                    const struct settings_file *files,
                                    size_t nfiles, char *err, size_t size);
void settings_free(struct judge_settings *s); /* NULL is fine */

#endif
