/*
 * The spool: one file a message, one record beside it.  Which files there
 * may be, and what they mean, is at the top of spool.c.
 *
 * All calls are for the thread of the event loop but spool_publish().  Those
 * that return -1 leave errno.
 */
#ifndef TARRY_SPOOL_H
#define TARRY_SPOOL_H

#include "queue/record.h"

#define SPOOL_NAME 32

struct spool;

/*
 * dir exists and is ours.  Waits until no other process has it open.  NULL with
 * errno.
 */
struct spool *spool_open(const char *dir);
void spool_close(struct spool *s);
int spool_folder(const struct spool *s); /* its descriptor */

/* A number that no message has had while the clock went forward. */
uint64_t spool_id(struct spool *s);
/* As people see it. Returns out. */
char *spool_name(uint64_t id, char out[SPOOL_NAME]);
bool spool_parse(const char *name, uint64_t *id);

/* Accepting: body, record, (flush), publish, (flush). */
int spool_create(struct spool *s, uint64_t id); /* write-only */
/* The same file under another number: messages are never changed. */
int spool_link(struct spool *s, uint64_t from, uint64_t to);
int spool_write(struct spool *s, const struct record *r);
int spool_publish(const struct spool *s, uint64_t id);
/* What was not published. */
void spool_discard(struct spool *s, uint64_t id);

/* What was. */
bool spool_has(const struct spool *s, uint64_t id);
int spool_open_body(const struct spool *s, uint64_t id);
int spool_open_record(const struct spool *s, uint64_t id); /* to append, too */
struct record *spool_read(uint64_t id, int fd); /* NULL: EBADMSG if damaged */
int spool_append(int fd, const char *text, size_t len);
/* So long that it has only the ends of recipients from now on. */
bool spool_is_long(int fd);
void spool_remove(struct spool *s, uint64_t id);
void spool_remove_record(struct spool *s, uint64_t id); /* S3 -> S1 */

/*
 * At start: removes what was not accepted, sets damaged messages aside, and
 * calls each() with every message there is; the record is its to free.
 * Returns how many, or -1.
 */
ssize_t spool_scan(struct spool *s, void (*each)(struct record *r, void *arg),
                   void *arg);

/* To damaged/, with a line in the log. */
void spool_set_aside(struct spool *s, uint64_t id, const char *why);

#endif
