/*
 * The log: builds a line in memory and writes it with one write(2), so that
 * lines of several programs on one descriptor do not mix.
 *
 * What comes from strangers goes through log_mem(), which lets only printable
 * ASCII through.  A line that cannot be written at once is lost, and counted:
 * the log must never be the reason that mail is not received.
 */
#include "lib/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum prefix { PREFIX_UNSET, PREFIX_STAMP, PREFIX_PLAIN, PREFIX_SYSLOG };

/* "tarry[123]: event=", made by log_open(). */
static char program[80] = "tarry: event=";
static enum prefix prefix;

/* A pipe takes so much as a whole or not at all (pipe(7)). */
#define PIECE 4096

static bool is_socket, is_file; /* a file takes any size at once */
static _Atomic unsigned lost;   /* lines since the last that was written */

/* What log_hold() gathers. */
static _Thread_local int holding;
static char held[64 * 1024];
static size_t held_len;

/* The end of a line is kept free for "..." and the newline. */
#define ROOM (sizeof(((struct log_line *)NULL)->text) - 4)

void log_open(const char *name)
{
    const char *want = getenv("TARRY_LOG");
    struct stat st;

    snprintf(program, sizeof(program), "%.32s[%d]: event=", name,
             (int)getpid());
    prefix = PREFIX_STAMP;
    if (want != NULL && strcmp(want, "plain") == 0)
        prefix = PREFIX_PLAIN;
    else if (want != NULL && strcmp(want, "syslog") == 0)
        prefix = PREFIX_SYSLOG;
    if (fstat(STDERR_FILENO, &st) == 0) {
        is_socket = S_ISSOCK(st.st_mode);
        is_file = S_ISREG(st.st_mode);
    }
}

static void put(struct log_line *l, const char *s, size_t len)
{
    if (l->len > ROOM)
        return; /* was cut before */
    if (len > ROOM - l->len) {
        memcpy(l->text + l->len, s, ROOM - l->len);
        memcpy(l->text + ROOM, "...", 3);
        l->len = ROOM + 3;
        return;
    }
    memcpy(l->text + l->len, s, len);
    l->len += len;
}

/* Many lines have the same second: only the milliseconds are made anew. */
static void put_stamp(struct log_line *l)
{
    static _Thread_local char stamp[64];
    static _Thread_local time_t second = -1;
    static _Thread_local size_t len;
    char fraction[] = ".000Z ";
    struct timespec now;
    struct tm tm;
    long ms;

    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != second) {
        second = now.tv_sec;
        gmtime_r(&second, &tm);
        len = strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
    }
    ms = now.tv_nsec / 1000000;
    fraction[1] = (char)('0' + ms / 100);
    fraction[2] = (char)('0' + ms / 10 % 10);
    fraction[3] = (char)('0' + ms % 10);
    put(l, stamp, len);
    put(l, fraction, sizeof(fraction) - 1);
}

void log_begin(struct log_line *l, enum log_level level, const char *event)
{
    /* Facility mail is 2; err 3, warning 4, info 6 (RFC 3164 §4.1.1). */
    static const char *const priority[] = {"<19>", "<20>", "<22>"};

    l->level = level;
    l->len = 0;
    if (prefix == PREFIX_SYSLOG)
        put(l, priority[level], strlen(priority[level]));
    else if (prefix != PREFIX_PLAIN)
        put_stamp(l);
    put(l, program, strlen(program));
    put(l, event, strlen(event));
}

static int needs_quotes(const char *value, size_t len)
{
    if (len == 0)
        return 1;
    for (size_t i = 0; i < len; i++)
        if (value[i] == ' ' || value[i] == '"' || value[i] == '=')
            return 1;
    return 0;
}

static int is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void log_mem(struct log_line *l, const char *key, const char *value, size_t len)
{
    int quotes = needs_quotes(value, len);
    char esc[5];
    size_t i = 0, run;

    put(l, " ", 1);
    put(l, key, strlen(key));
    put(l, quotes ? "=\"" : "=", quotes ? 2 : 1);
    while (i < len) {
        for (run = 0; i + run < len && is_plain((unsigned char)value[i + run]);
             run++)
            ;
        put(l, value + i, run);
        i += run;
        if (i == len)
            break;
        if (value[i] == '"' || value[i] == '\\')
            snprintf(esc, sizeof(esc), "\\%c", value[i]);
        else
            snprintf(esc, sizeof(esc), "\\x%02x", (unsigned char)value[i]);
        put(l, esc, strlen(esc));
        i++;
    }
    if (quotes)
        put(l, "\"", 1);
}

void log_str(struct log_line *l, const char *key, const char *value)
{
    log_mem(l, key, value, strlen(value));
}

void log_int(struct log_line *l, const char *key, int64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%lld", (long long)value);

    log_mem(l, key, text, (size_t)n);
}

static bool emit(const char *text, size_t len)
{
    ssize_t n =
        is_socket ? send(STDERR_FILENO, text, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                  : write(STDERR_FILENO, text, len);

    return n == (ssize_t)len;
}

static unsigned lines_in(const char *text, size_t len)
{
    unsigned n = prefix == PREFIX_SYSLOG;

    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n';
    return n;
}

static void tell_lost(void)
{
    unsigned n = atomic_exchange(&lost, 0);
    struct log_line l;

    if (n == 0)
        return;
    log_begin(&l, LOG_LEVEL_WARN, "log-lost");
    log_int(&l, "lines", n);
    l.text[l.len++] = '\n';
    if (!emit(l.text, l.len - (prefix == PREFIX_SYSLOG)))
        atomic_fetch_add(&lost, n);
}

/* Whole lines, in pieces that go out whole or not at all. */
static void put_out(const char *text, size_t len)
{
    while (len > 0) {
        const char *end =
            len > PIECE && !is_file ? memrchr(text, '\n', PIECE) : NULL;
        size_t n = end != NULL ? (size_t)(end + 1 - text) : len;

        if (emit(text, n))
            tell_lost();
        else
            atomic_fetch_add(&lost, lines_in(text, n));
        text += n;
        len -= n;
    }
}

static void put_held_out(void)
{
    if (held_len > 0)
        put_out(held, held_len);
    held_len = 0;
}

void log_hold(void)
{
    holding = 1;
}

void log_release(void)
{
    if (holding)
        put_held_out();
    holding = 0;
}

void log_end(struct log_line *l)
{
    l->text[l->len++] = '\n';
    if (prefix == PREFIX_SYSLOG || !holding) {
        put_out(l->text, l->len - (prefix == PREFIX_SYSLOG));
        return;
    }
    if (l->len > sizeof(held) - held_len)
        put_held_out();
    memcpy(held + held_len, l->text, l->len);
    held_len += l->len;
}

__attribute__((format(printf, 2, 0))) static void
note(enum log_level level, const char *fmt, va_list ap)
{
    static const char *const event[] = {"error", "warning", "note"};
    struct log_line l;
    char text[1024];

    vsnprintf(text, sizeof(text), fmt, ap);
    log_begin(&l, level, event[level]);
    log_str(&l, "text", text);
    log_end(&l);
}

void log_info(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(LOG_LEVEL_INFO, fmt, ap);
    va_end(ap);
}

void log_warn(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(LOG_LEVEL_WARN, fmt, ap);
    va_end(ap);
}

void log_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(LOG_LEVEL_ERROR, fmt, ap);
    va_end(ap);
}

void fatal(int exit_code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(LOG_LEVEL_ERROR, fmt, ap);
    va_end(ap);
    log_release();
    exit(exit_code);
}
