/*
 * The store as text: reading it, line by line.
 *
 * A line is split into words, each word is checked, and only a line that is
 * right as a whole becomes a record.  A wrong line is reported and left out:
 * one bad line in a million must not cost a site its regulars.  A file that
 * does not begin as a dump of a version we know is not read at all.
 */
#include "greylist/dump.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 10

static int mistake(struct load *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int mistake(struct load *l, const char *fmt, ...)
{
    char text[600];
    va_list ap;
    int n =
        snprintf(text, sizeof(text), "%.255s:%" PRIu64 ": ", l->name, l->line);

    va_start(ap, fmt);
    vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
    va_end(ap);
    /* A file from elsewhere must not speak to the terminal. */
    for (char *p = text; *p != '\0'; p++)
        *p = *p >= ' ' && *p <= '~' ? *p : '?';
    l->mistakes++;
    if (l->mistake != NULL)
        l->mistake(text, l->arg);
    return 0;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF0123456789abcdef", *p;

    p = c == '\0' ? NULL : strchr(digits, c);
    return p == NULL ? -1 : (int)(p - digits) % 16;
}

/* Replaces %XX in a word. False for what is no such text, or too long. */
static bool unescape(char *word, size_t room)
{
    const char *in = strcmp(word, "%") == 0 ? "" : word;
    char *out = word;

    for (; *in != '\0'; in++) {
        int high, low;

        if (*in != '%') {
            *out++ = *in;
            continue;
        }
        if ((high = hex_digit(in[1])) < 0 || (low = hex_digit(in[2])) < 0 ||
            high + low == 0)
            return false;
        *out++ = (char)(high << 4 | low);
        in += 2;
    }
    *out = '\0';
    return (size_t)(out - word) < room;
}

/* A number of decimal digits, up to max. */
static bool number(const char *word, uint64_t max, uint64_t *out)
{
    *out = 0;
    if (word[0] == '\0')
        return false;
    for (const char *p = word; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || *out > max / 10)
            return false;
        *out = *out * 10 + (uint64_t)(*p - '0');
    }
    return *out <= max;
}

/* Numbers into v[n]. Returns the first word that is none, or NULL. */
static const char *numbers(char **words, size_t n, uint64_t *v)
{
    for (size_t i = 0; i < n; i++)
        if (!number(words[i], UINT32_MAX, &v[i]))
            return words[i];
    return NULL;
}

/* Who passed somewhere is no stranger, whoever saw him first since. */
static bool keeps(const struct record *old, const struct record *new)
{
    if ((old->passed != 0) != (new->passed != 0))
        return old->passed != 0;
    return old->last >= new->last;
}

static int load_triplet(struct load *l, struct store *s, char **w)
{
    struct record old, new;
    const char *bad;
    uint64_t v[5];

    if (!unescape(w[1], STORE_IDENTITY) || !unescape(w[2], STORE_ADDRESS) ||
        !unescape(w[3], STORE_ADDRESS))
        return mistake(l, "triplet: a text is too long or badly escaped");
    if ((bad = numbers(w + 4, 5, v)) != NULL)
        return mistake(l, "triplet: \"%.40s\" is no number", bad);
    if (v[0] == 0 || v[1] < v[0] || v[2] > v[1])
        return mistake(l, "triplet: its times are out of order");
    l->read[STORE_TRIPLETS]++;
    new = (struct record){.first = (int64_t)v[0],
                          .last = (int64_t)v[1],
                          .passed = (int64_t)v[2],
                          .refused = (uint32_t)v[3],
                          .accepted = (uint32_t)v[4]};
    if (store_read(s, w[1], w[2], w[3], &old, NULL) != 0)
        return -1;
    if (keeps(&old, &new)) {
        l->older++;
        return 0;
    }
    if (store_write(s, w[1], w[2], w[3], &new, NULL) != 0)
        return -1;
    l->loaded[STORE_TRIPLETS]++;
    return 0;
}

static int load_client(struct load *l, struct store *s, char **w)
{
    struct client_record old, new;
    const char *bad;
    uint64_t v[2];

    if (!unescape(w[1], STORE_IDENTITY))
        return mistake(l, "client: its text is too long or badly escaped");
    if ((bad = numbers(w + 2, 2, v)) != NULL)
        return mistake(l, "client: \"%.40s\" is no number", bad);
    l->read[STORE_CLIENTS]++;
    new =
        (struct client_record){.last = (int64_t)v[0], .passed = (uint32_t)v[1]};
    if (store_read(s, w[1], NULL, NULL, NULL, &old) != 0)
        return -1;
    if (old.last >= new.last) {
        l->older++;
        return 0;
    }
    if (store_write(s, w[1], "", "", NULL, &new) != 0)
        return -1;
    l->loaded[STORE_CLIENTS]++;
    return 0;
}

static int load_last(struct load *l, struct store *s, char **w)
{
    uint64_t n[2];

    (void)s;
    if (!number(w[1], UINT64_MAX / 10, &n[0]) ||
        !number(w[2], UINT64_MAX / 10, &n[1]))
        return mistake(l, "end: two numbers are missing");
    l->ended = true;
    if (n[0] != l->read[STORE_TRIPLETS] || n[1] != l->read[STORE_CLIENTS])
        return mistake(
            l,
            "there should have been %" PRIu64 " triplets and %" PRIu64
            " clients, there were %" PRIu64 " and %" PRIu64,
            n[0], n[1], l->read[STORE_TRIPLETS], l->read[STORE_CLIENTS]);
    return 0;
}

static const struct kind {
    const char *name;
    size_t words;
    int (*load)(struct load *l, struct store *s, char **words);
} kinds[] = {
    {"triplet", 9, load_triplet},
    {"client", 4, load_client},
    {"end", 3, load_last},
};

static int load_words(struct load *l, struct store *s, char **words, size_t n)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(words[0], kinds[i].name) != 0)
            continue;
        if (n != kinds[i].words)
            return mistake(l, "%s: %zu words instead of %zu", words[0], n,
                           kinds[i].words);
        return kinds[i].load(l, s, words);
    }
    return mistake(l, "\"%.40s\" is neither triplet, client nor end", words[0]);
}

static size_t split(char *line, char *words[WORDS])
{
    size_t n = 0;

    for (char *word = strtok_r(line, " ", &line); word != NULL;
         word = strtok_r(NULL, " ", &line)) {
        if (n == WORDS)
            break;
        words[n++] = word;
    }
    return n;
}

static int load_header(struct load *l, const char *line)
{
    if (strcmp(line, DUMP_HEADER) == 0) {
        l->begun = true;
        return 0;
    }
    (void)mistake(l,
                  "the first line is not \"%s\": no dump, or of another "
                  "version",
                  DUMP_HEADER);
    return 1;
}

int load_line(struct load *l, struct store *s, const char *line, size_t len)
{
    char copy[DUMP_LINE + 1], *words[WORDS];
    struct load before = *l;
    size_t n;
    int rc;

    l->line++;
    if (len > DUMP_LINE || memchr(line, '\0', len) != NULL)
        return mistake(l, "too long, or with a NUL");
    memcpy(copy, line, len);
    copy[len] = '\0';
    if (!l->begun)
        return load_header(l, copy);
    if (copy[0] == '#' || (n = split(copy, words)) == 0)
        return 0;
    if (l->ended)
        return mistake(l, "something follows the end");
    rc = load_words(l, s, words, n);
    if (rc < 0)
        *l = before; /* the line may come again */
    return rc;
}

bool load_end(struct load *l)
{
    if (!l->ended)
        (void)mistake(l, "the end is missing: the file is not whole");
    return l->ended;
}

int load_file(struct load *l, struct store *s, FILE *in)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int rc = 0;

    while (rc == 0 && (len = getline(&line, &room, in)) > 0) {
        if (line[len - 1] == '\n')
            len--;
        rc = load_line(l, s, line, (size_t)len);
    }
    free(line);
    if (rc == 0)
        (void)load_end(l);
    return rc;
}
