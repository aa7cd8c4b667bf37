/*
 * All records of the store as text, and back.
 *
 *   tarry-greylist-dump 1
 *   triplet IDENTITY SENDER RECIPIENT FIRST LAST PASSED REFUSED ACCEPTED
 *   client IDENTITY LAST PASSED
 *   end TRIPLETS CLIENTS
 *
 * Times are seconds since the epoch, 0 for never.  In texts, %XX stands for an
 * octet that is a blank, a control character, '%' or beyond ASCII; a text with
 * nothing in it is "%".  Lines that begin with '#' and empty ones mean nothing.
 * The last line says that nothing is missing.
 *
 * Both ways go in steps, so that a daemon serves meanwhile: what changes while
 * a dump is made may be in it as it was or as it is.
 */
#ifndef TARRY_DUMP_H
#define TARRY_DUMP_H

#include "greylist/store.h"

#include <stdio.h>

#define DUMP_HEADER "tarry-greylist-dump 1"
#define DUMP_LINE   4096 /* no line is longer */

/* All zero is where it begins. */
struct dump {
    bool begun;
    enum store_table table;
    struct store_place place;
    uint64_t records[2]; /* written, by table */
};

/* Writes up to max records. 1: more, 0: done, -1: the store or out failed. */
int dump_write(struct dump *d, struct store *s, FILE *out, unsigned max);

/* The parts of it, for who writes records that are not in a store. */
void dump_put_header(FILE *out);
void dump_put(FILE *out, enum store_table table, const struct store_entry *e);
void dump_put_end(FILE *out, uint64_t triplets, uint64_t clients);

/*
 * Set name, and all else to zero. Of a record that is in the store already, the
 * one that passed stays, or else the one used last: so loading twice is loading
 * once.
 */
struct load {
    const char *name; /* of the file, for messages */
    uint64_t line;
    uint64_t loaded[2]; /* by table */
    uint64_t older;     /* left as they were */
    uint64_t mistakes;  /* lines not understood */
    uint64_t read[2];   /* lines right, by table */
    bool begun, ended;
    void (*mistake)(const char *text, void *arg); /* "file:line: text" */
    void *arg;
};

/*
 * Takes one line without its end. Returns 0, with mistake() called for a line
 * that is wrong and left out; 1 when the file is no dump that we know, and
 * nothing more must be given; -1 when the store fails, the line is not
 * loaded, and may be given again.
 */
int load_line(struct load *l, struct store *s, const char *line, size_t len);

/* At the end: false, with mistake() called, when something is missing. */
bool load_end(struct load *l);

/* All lines of a file: load_line() and load_end(). 0, or 1 or -1 as there. */
int load_file(struct load *l, struct store *s, FILE *in);

#endif
