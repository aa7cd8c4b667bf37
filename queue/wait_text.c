/*
 * Reads the wait out of a reply.  There is no standard for it but what
 * greylisters write, in English, and an expired draft ("retry=00:05:00").
 *
 * The text is taken apart into words and numbers.  A number counts as a wait
 * when it has a unit, or the form h:m:s or m:s, or stands behind "retry=" and
 * the like; when what stands before it points to the future ("in", "for",
 * "after", "wait", "--"); and when somewhere in the reply there is talk of
 * trying again at all.  So "in the last 5 minutes" is none, nor is a number in
 * a link, nor a rate ("100 messages in 60 minutes").  h:m:s is a time of day
 * behind "at" and "until", or above four hours.  "5 to 10" is ten.
 *
 * Pure, and safe with any text: no number overflows, nothing is allocated.
 */
#include "queue/wait_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define LONGEST       (30u * 24 * 3600)
#define LONGEST_CLOCK (4u * 3600) /* of a wait written h:m:s */
#define WORD          24 /* octets kept of a word; longer ones mean nothing here */

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

/* Before "in" a rate, whatever stands in front. */
static const char *const counted[] = {"messages", "mails", "connections",
                                      "recipients", "errors"};

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
    return isalnum((unsigned char)*p) ||
           (*p == ':' && isdigit((unsigned char)p[1])) ||
           (*p == '.' && isalnum((unsigned char)p[1]));
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
    w->number = digits = isdigit((unsigned char)*s->at);
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
    size_t i = 0;

    while (i < COUNT(about) && strcasestr(reply, about[i]) == NULL)
        i++;
    return i < COUNT(about);
}

struct number {
    bool clock;     /* h:m:s or m:s */
    uint64_t milli; /* thousandths, of seconds in a clock */
};

/* Digits; a number too large for any wait is one that is too large. */
static uint64_t read_digits(const char **at)
{
    uint64_t value = 0;

    for (; isdigit((unsigned char)**at); ++*at)
        if (value <= LONGEST)
            value = value * 10 + (uint64_t)(**at - '0');
    return value;
}

/* "300", "2.5", "5:00", "00:05:00"; false when it is none of them. */
static bool read_figures(const char *at, struct number *n)
{
    uint64_t value = read_digits(&at);
    unsigned scale = 100, parts = 1;

    n->milli = value * 1000;
    if (*at == '.') {
        for (at++; isdigit((unsigned char)*at); at++, scale /= 10)
            n->milli += (uint64_t)(*at - '0') * scale;
        return *at == '\0';
    }
    for (; *at == ':' && isdigit((unsigned char)at[1]); parts++) {
        at++;
        value = value * 60 + read_digits(&at);
    }
    n->clock = parts > 1;
    if (n->clock)
        n->milli = value * 1000;
    return *at == '\0' && parts <= 3;
}

static uint64_t unit_of(const char *word)
{
    for (size_t i = 0; i < COUNT(units); i++)
        if (strcmp(word, units[i].name) == 0)
            return units[i].sec;
    return 0;
}

/* A number in figures or in words; "a" and "an" are one. */
static bool read_number(const struct word *w, struct number *n)
{
    *n = (struct number){.milli = 1000};
    if (w->number)
        return w->text[0] != '\0' && read_figures(w->text, n);
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (strcmp(w->text, numbers[i]) == 0) {
            n->milli = i * 1000;
            return true;
        }
    return strcmp(w->text, "a") == 0 || strcmp(w->text, "an") == 0;
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

/* The words before the one being read, the nearest first. */
struct past {
    char word[3][WORD];
};

static void push(struct past *p, const struct word *w)
{
    memmove(p->word[1], p->word[0], 2 * WORD);
    memcpy(p->word[0], w->text, WORD);
}

/* "100 messages in", "too many errors within": what follows is no wait. */
static bool is_rate(const struct past *p)
{
    const char *things = p->word[1], *count = p->word[2];
    size_t len = strlen(things);

    if ((strcmp(p->word[0], "in") != 0 && strcmp(p->word[0], "within") != 0) ||
        len < 2 || things[len - 1] != 's')
        return false;
    return is_in(things, counted, COUNT(counted)) ||
           strcmp(count, "many") == 0 ||
           (count[0] != '\0' && count[strspn(count, "0123456789")] == '\0');
}

/* In seconds, not too few, with the unit behind it; 0 when there is none. */
static uint64_t read_unit(struct words *s, const struct number *n)
{
    struct words ahead = *s;
    uint64_t unit = 0;

    if (next_word(&ahead) && (ahead.w.before == ' ' || ahead.w.before == '-' ||
                              ahead.w.before == '\0'))
        unit = unit_of(ahead.w.text);
    if (unit > 0)
        *s = ahead;
    return (n->milli * unit + 999) / 1000;
}

/* "to 10 minutes" behind a number without a unit; else 0. */
static uint64_t read_range(struct words *s)
{
    struct words ahead = *s;
    struct number n;
    uint64_t wait = 0;

    if (next_word(&ahead) &&
        (strcmp(ahead.w.text, "to") == 0 || strcmp(ahead.w.text, "or") == 0) &&
        next_word(&ahead) && read_number(&ahead.w, &n) && !n.clock)
        wait = read_unit(&ahead, &n);
    if (wait > 0)
        *s = ahead;
    return wait;
}

/* The wait that begins with the word just read, up to its end; or 0. */
static uint64_t read_wait(struct words *s, const struct past *p)
{
    const char *before = p->word[0];
    char mark = s->w.before;
    struct number n;
    uint64_t wait;

    if (!read_number(&s->w, &n) || !points_ahead(before, mark) || is_rate(p))
        return 0;
    if (n.clock) /* a time of day, or a wait */
        return strcmp(before, "at") == 0 || strcmp(before, "until") == 0 ||
                       (n.milli / 1000 > LONGEST_CLOCK && mark != '=')
                   ? 0
                   : n.milli / 1000;
    wait = read_unit(s, &n);
    if (wait == 0)
        wait = read_range(s);
    return wait == 0 && is_key(before, mark) ? n.milli / 1000 : wait;
}

/* "4m 59s" is one wait: the parts are added while they follow each other. */
unsigned wait_text(const char *reply)
{
    static const struct past in = {{"in"}};
    struct words s = {.at = reply + strspn(reply, "0123456789")}; /* code */
    struct past past = {0};
    uint64_t longest = 0;

    if (!speaks_of_retrying(reply))
        return 0;
    while (next_word(&s)) {
        uint64_t sum = read_wait(&s, &past), more;
        struct words ahead = s;

        while (sum > 0 && next_word(&ahead) &&
               (more = read_wait(&ahead, &in)) > 0) {
            sum += more;
            s = ahead;
        }
        if (sum > longest)
            longest = sum;
        push(&past, &s.w);
    }
    return longest > LONGEST ? LONGEST : (unsigned)longest;
}
