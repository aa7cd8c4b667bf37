/*
 * Reads the wait out of a reply.  There is no standard for it but what
 * greylisters write, in English, and an expired draft ("retry=00:05:00").
 *
 * The text is taken apart into words and numbers.  A number counts as a wait
 * when it has a unit, or the form h:m:s or m:s, or stands behind "retry=" and
 * the like; when what stands before it points to the future ("in", "for",
 * "after", "wait", "--"); and when somewhere in the reply there is talk of
 * trying again at all.  So "100 messages in 60 minutes" and "in the last 5
 * minutes" are none, nor is a number in an address or a link.
 *
 * Pure, and safe with any text: no number overflows, nothing is allocated.
 */
#include "queue/wait_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define LONGEST (30u * 24 * 3600)
#define WORD    24 /* octets kept of a word; longer ones mean nothing here */

struct word {
    char text[WORD]; /* lower case; a longer one is "" */
    char before;     /* the last punctuation before it, or ' ' */
    bool number;     /* digits only, or digits with colons */
};

struct words {
    const char *at;
    struct word w;
};

static const struct {
    const char *name;
    unsigned sec;
} units[] = {
    {"s", 1},         {"sec", 1},     {"secs", 1},     {"second", 1},
    {"seconds", 1},   {"m", 60},      {"min", 60},     {"mins", 60},
    {"mn", 60},       {"minute", 60}, {"minutes", 60}, {"h", 3600},
    {"hr", 3600},     {"hrs", 3600},  {"hour", 3600},  {"hours", 3600},
    {"d", 24 * 3600}, {"day", 86400}, {"days", 86400},
};

static const char *const numbers[] = {"zero",  "one",  "two", "three",
                                      "four",  "five", "six", "seven",
                                      "eight", "nine", "ten"};

/* Of trying again. A word that begins so is enough. */
static const char *const about[] = {
    "try",    "retr",      "again",  "back",   "grey",
    "gray",   "wait",      "delay",  "later",  "defer",
    "resend", "reconnect", "suspen", "thrott", "slow",
};

/* Before the number. */
static const char *const future[] = {
    "in",    "for",   "after",   "wait",  "wait:",
    "at",    "least", "another", "about", "approximately",
    "delay", "next",  "retry",   "until", "within"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_in(const char *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

static bool is_part(const char *p)
{
    unsigned char c = (unsigned char)*p;

    return isalnum(c) || (c == ':' && isdigit((unsigned char)p[1])) ||
           (c == '.' && isalnum((unsigned char)p[1]));
}

/* The next word: letters or digits, not both ("300s" is two). */
static bool next_word(struct words *s)
{
    struct word *w = &s->w;
    bool digits;
    size_t n = 0;

    w->before = '\0';
    while (*s->at != '\0' && !isalnum((unsigned char)*s->at)) {
        if (!isspace((unsigned char)*s->at))
            w->before = *s->at;
        else if (w->before == '\0')
            w->before = ' ';
        s->at++;
    }
    if (*s->at == '\0')
        return false;
    digits = isdigit((unsigned char)*s->at);
    w->number = digits;
    while (is_part(s->at) && (!digits || !isalpha((unsigned char)*s->at)) &&
           (digits || !isdigit((unsigned char)*s->at))) {
        if (n < WORD)
            w->text[n] = (char)tolower((unsigned char)*s->at);
        n++;
        s->at++;
    }
    w->text[n < WORD ? n : 0] = '\0';
    return true;
}

static bool speaks_of_retrying(const char *reply)
{
    for (size_t i = 0; i < COUNT(about); i++)
        if (strcasestr(reply, about[i]) != NULL)
            return true;
    return false;
}

/* "300", "5:00", "00:05:00": its parts, and how many; 0 when it is none. */
static unsigned read_parts(const char *text, uint64_t part[3])
{
    unsigned n = 0;

    while (n < 3) {
        uint64_t value = 0;

        if (!isdigit((unsigned char)*text))
            return 0;
        for (; isdigit((unsigned char)*text); text++)
            if (value <= LONGEST)
                value = value * 10 + (uint64_t)(*text - '0');
        part[n++] = value;
        if (*text == '\0')
            return n;
        if (*text++ != ':')
            return 0;
    }
    return 0;
}

static uint64_t unit_of(const char *word)
{
    for (size_t i = 0; i < COUNT(units); i++)
        if (strcmp(word, units[i].name) == 0)
            return units[i].sec;
    return 0;
}

/* A number in figures or in words; "a" and "an" are one. */
static bool read_number(const struct word *w, uint64_t part[3], unsigned *n)
{
    *n = 1;
    if (w->number) {
        *n = read_parts(w->text, part);
        return *n > 0;
    }
    if (strcmp(w->text, "a") == 0 || strcmp(w->text, "an") == 0) {
        part[0] = 1;
        return true;
    }
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (strcmp(w->text, numbers[i]) == 0) {
            part[0] = i;
            return true;
        }
    return false;
}

/* "retry=300", "retry-after: 300": a key, not a sentence. */
static bool is_key(const char *before, char mark)
{
    return (mark == '=' || mark == ':') &&
           (is_in(before, future, COUNT(future)) ||
            strncmp(before, "retry", 5) == 0);
}

static bool points_ahead(const char *before, char mark)
{
    return is_in(before, future, COUNT(future)) || mark == '-' ||
           is_key(before, mark);
}

/* The number in w and, for a plain one, the unit behind it. */
static uint64_t read_wait(struct words *s, const char *before)
{
    struct words ahead = *s;
    uint64_t part[3], unit = 0;
    char mark = s->w.before;
    unsigned n;

    if (!read_number(&s->w, part, &n) || !points_ahead(before, mark))
        return 0;
    if (n == 3)
        return part[0] * 3600 + part[1] * 60 + part[2];
    if (n == 2)
        return part[0] * 60 + part[1];
    if (next_word(&ahead) && (ahead.w.before == ' ' || ahead.w.before == '-' ||
                              ahead.w.before == '\0'))
        unit = unit_of(ahead.w.text);
    if (unit > 0) {
        *s = ahead;
        return part[0] * unit;
    }
    return is_key(before, mark) ? part[0] : 0;
}

/* "4m 59s" is one wait: the parts are added while they follow each other. */
unsigned wait_text(const char *reply)
{
    struct words s = {.at = reply};
    char before[WORD] = "";
    uint64_t longest = 0;

    if (!speaks_of_retrying(reply))
        return 0;
    while (next_word(&s)) {
        uint64_t sum = read_wait(&s, before), more;
        struct words ahead = s;

        while (sum > 0 && next_word(&ahead) &&
               (more = read_wait(&ahead, "in")) > 0) {
            sum += more;
            s = ahead;
        }
        if (sum > longest)
            longest = sum;
        memcpy(before, s.w.text, sizeof(before));
    }
    return longest > LONGEST ? LONGEST : (unsigned)longest;
}
