/*
 * The log: one line per event, key=value.
 *
 * A line is built from a name and typed values, so that what a stranger sent
 * can never break out of its value: anything but printable ASCII is written
 * as \xHH, and a value with a space, a quote, '=' or nothing in it is quoted.
 *
 * All programs write to descriptor 2, one write(2) per line.  What it does not
 * take at once is lost, and a line "event=log-lost lines=N" says so when it
 * takes more; tarryd makes it non-blocking where it is no file.  TARRY_LOG in
 * the environment says what stands in front of it: "stamp" (the time; the
 * default), "plain" (nothing: the reader stamps, as journald does) or
 * "syslog" (a priority: descriptor 2 is a socket connected to /dev/log).
 */
#ifndef TARRY_LOG_H
#define TARRY_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

struct log_line {
    enum log_level level;
    size_t len;
    char text[2048]; /* longer lines are cut, and end in "..." */
};

/*
 * Names this program and process in every line from now on: call it again
 * after fork(2). Keeps the pointer.
 */
void log_open(const char *program);

/* An event: begin, any number of values, end (which writes it). */
void log_begin(struct log_line *l, enum log_level level, const char *event);
void log_str(struct log_line *l, const char *key, const char *value);
void log_mem(struct log_line *l, const char *key, const char *value,
             size_t len);
void log_int(struct log_line *l, const char *key, int64_t value);
void log_end(struct log_line *l);

/*
 * From hold to release, lines of this thread gather, and are written together:
 * for who has many in one turn of its loop. One thread may do so.
 */
void log_hold(void);
void log_release(void);

/* A line with only a text: event=note|warning|error text="...". */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Logs and exits with a code of sysexits(3).  For failures at start and for
 * lack of memory: the parent restarts us, and the sender tries again.
 */
_Noreturn void fatal(int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Memory or fatal(). Never return NULL. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t n, size_t size);
char *xstrdup(const char *s);

#endif
