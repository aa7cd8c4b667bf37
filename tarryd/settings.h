/*
 * One version of the settings: the bytes of the configuration file, what they
 * mean, copies of the files that they name, and the listeners.
 *
 * A version is offered to the programs as a whole.  When one refuses it, the
 * version before it is in force again, whatever has become of the files since.
 */
#ifndef TARRY_SETTINGS_H
#define TARRY_SETTINGS_H

#include "lib/chan.h"
#include "lib/child.h"
#include "lib/conf.h"
#include "tarryd/report.h"

#include <sys/stat.h>

/* A file that the configuration names, and how it looked when it was copied. */
struct settings_file {
    enum file_kind kind;
    unsigned index;   /* in its list in conf */
    const char *path; /* belongs to conf, or is constant */
    int fd;           /* the copy */
    struct stat seen;
};

struct settings {
    struct conf *conf;
    int text; /* the configuration's bytes: a sealed memfd */
    size_t nfiles;
    struct settings_file files[SETUP_FILES];
    /* One for each of conf->listen: listeners_open(); -1 until then. */
    int listeners[SETUP_LISTENERS];
    int policy[SETUP_LISTENERS]; /* the same of conf->policy.listen */
};

/* Reads and checks a file. NULL with all its mistakes in the report. */
struct settings *settings_read(const char *file, struct report *r);

/*
 * The same as old, but what these programs (1 << program) have of the files
 * that settings_changed() looks at is copied anew.  No other file is: a change
 * of it was not asked for, and none of its readers would check it.
 */
struct settings *settings_reopen(const struct settings *old, unsigned programs,
                                 struct report *r);

void settings_free(struct settings *s); /* NULL is fine */
void settings_close_listeners(struct settings *s);

/* CONFIG FILE* LISTEN*: what the program needs of it. -1: one could not be. */
int settings_send(const struct settings *s, struct chan *to);

/* Who is given files of a kind: bits 1 << enum program. */
unsigned settings_readers(enum file_kind kind);

/*
 * The programs whose files are not what was copied, as bits
 * 1 << program.  Each change is told once.  A file that is gone is not a
 * change: whoever replaces it may be half way.
 */
unsigned settings_changed(struct settings *s);

#endif
