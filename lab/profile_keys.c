/*
 * The keys of a profile: a table, and for each row the function that reads
 * its values and returns NULL or what is wrong.
 *
 * Values are checked by themselves here; what only makes sense together is
 * profile.c's to check.
 */
#include "lab/profile_parts.h"

#include <stdio.h>
#include <string.h>

/* Reads one of some words into an enum. */
static const char *one_of(char **v, size_t n, const char *const *words,
                          unsigned *out)
{
    static char what[160];
    int i = n == 1 ? word_find(v[0], words) : -1;

    if (i >= 0) {
        *out = (unsigned)i;
        return NULL;
    }
    snprintf(what, sizeof(what), "must be one of:");
    for (; *words != NULL; words++)
        snprintf(what + strlen(what), sizeof(what) - strlen(what), " %s",
                 *words);
    return what;
}

static const char *read_title(struct profile *p, char **v, size_t n)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        int len = snprintf(p->title + used, sizeof(p->title) - used, "%s%s",
                           i > 0 ? " " : "", v[i]);

        used += (size_t)len;
        if (used >= sizeof(p->title))
            return "is too long";
    }
    return NULL;
}

static const char *read_mail(struct profile *p, char **v, size_t n)
{
    static const char *const words[] = {"wanted", "spam", "probe", NULL};

    return one_of(v, n, words, &p->mail);
}

static const char *read_weight(struct profile *p, char **v, size_t n)
{
    return n == 1 && number_parse(v[0], 1000, &p->weight)
               ? NULL
               : "must be a number up to 1000";
}

/* "5m*8" stands for eight times 5m. */
static const char *read_time(struct profile *p, char *word)
{
    char *star = strchr(word, '*');
    uint32_t sec, n = 1;

    if (star != NULL)
        *star = '\0';
    if (star != NULL && (!number_parse(star + 1, PROFILE_TIMES, &n) || n == 0))
        return "the number behind '*' is none";
    if (!time_parse(word, &sec))
        return "a time is 90s, 5m, 4h, 5d, or minutes and seconds, 6:02";
    for (; n > 0; n--) {
        if (p->ntimes == PROFILE_TIMES)
            return "too many times";
        p->time_sec[p->ntimes++] = sec;
    }
    return NULL;
}

static const char *read_times(struct profile *p, char **v, size_t n)
{
    const char *wrong = NULL;

    if (p->ntimes > 0)
        return "\"at\" and \"wait\" exclude each other";
    for (size_t i = 0; i < n && wrong == NULL; i++)
        wrong = read_time(p, v[i]);
    return wrong;
}

static const char *read_wait(struct profile *p, char **v, size_t n)
{
    return read_times(p, v, n);
}

static const char *read_at(struct profile *p, char **v, size_t n)
{
    const char *wrong = read_times(p, v, n);

    p->since_first = true;
    for (size_t i = 1; i < p->ntimes && wrong == NULL; i++)
        if (p->time_sec[i] < p->time_sec[i - 1])
            wrong = "the times must not go back";
    return wrong;
}

static const char *read_then(struct profile *p, char **v, size_t n)
{
    if (n == 2 && strcmp(v[0], "every") == 0) {
        p->growth = GROWTH_EVERY;
        if (time_parse(v[1], &p->growth_sec))
            return NULL;
    } else if (n == 2 && strcmp(v[0], "square") == 0) {
        p->growth = GROWTH_SQUARE;
        if (time_parse(v[1], &p->growth_sec))
            return NULL;
    } else if (n >= 2 && strcmp(v[0], "times") == 0) {
        p->growth = GROWTH_TIMES;
        if (factor_parse(v[1], &p->growth_percent) &&
            (n == 2 || (n == 4 && strcmp(v[2], "up-to") == 0 &&
                        time_parse(v[3], &p->longest_sec))))
            return NULL;
    }
    return "must be: every TIME, times FACTOR [up-to TIME], or square TIME";
}

static const char *read_lifetime(struct profile *p, char **v, size_t n)
{
    return n == 1 && time_parse(v[0], &p->lifetime_sec) && p->lifetime_sec > 0
               ? NULL
               : "must be a time";
}

static const char *read_attempts(struct profile *p, char **v, size_t n)
{
    return n == 1 && number_parse(v[0], PROFILE_TRIES, &p->attempts) &&
                   p->attempts > 0
               ? NULL
               : "must be a number";
}

static const char *read_at_once(struct profile *p, char **v, size_t n)
{
    return n == 1 && number_parse(v[0], 1000, &p->at_once)
               ? NULL
               : "must be a number up to 1000";
}

static const char *read_jitter(struct profile *p, char **v, size_t n)
{
    size_t len = n == 1 ? strlen(v[0]) : 0;

    if (len > 0 && v[0][len - 1] == '%')
        v[0][len - 1] = '\0';
    return n == 1 && number_parse(v[0], 100, &p->jitter_percent)
               ? NULL
               : "must be a percentage";
}

static const char *read_schedule(struct profile *p, char **v, size_t n)
{
    p->schedule = n == 1 && strcmp(v[0], "tarry") == 0;
    return p->schedule ? NULL : "must be: tarry";
}

static const char *read_patience(struct profile *p, char **v, size_t n)
{
    return n == 1 && time_parse(v[0], &p->patience_sec) && p->patience_sec > 0
               ? NULL
               : "must be a time";
}

/* "on 450 bounce", "on 4xx at rcpt ignore"; 4xx means all that begin with 4. */
static const char *read_on(struct profile *p, char **v, size_t n)
{
    int c = n >= 2 ? word_find(v[0], class_words) : -1;
    int how = n >= 2 ? word_find(v[n - 1], reaction_words) : -1;
    int at = n == 4 ? word_find(v[2], step_words) : -1;

    if (c < 0 || how < 0 || (n != 2 && n != 4) ||
        (n == 4 && (at < 0 || strcmp(v[1], "at") != 0)))
        return "must be: CODE [at STEP] REACTION";
    if (c == CLASS_DROP && how == REACT_IGNORE)
        return "nobody goes on without a connection";
    for (int step = 0; step < STEP_COUNT; step++) {
        if (at >= 0 && step != at)
            continue;
        for (int i = c == CLASS_4XX ? 0 : c; i <= c; i++)
            p->react[step][i] = (enum reaction)how;
    }
    return NULL;
}

static const char *read_end(struct profile *p, char **v, size_t n)
{
    static const char *const words[] = {"bounce", "silence", NULL};
    unsigned i = 0;
    const char *wrong = one_of(v, n, words, &i);

    p->at_end = i == 0 ? REACT_BOUNCE : REACT_SILENCE;
    return wrong;
}

static const char *read_last_step(struct profile *p, char **v, size_t n)
{
    static const char *const words[] = {"rcpt", "dot", NULL};
    unsigned i = 1;
    const char *wrong = one_of(v, n, words, &i);

    p->last_step = i == 0 ? STEP_RCPT : STEP_DOT;
    return wrong;
}

static const char *read_addresses(struct profile *p, char **v, size_t n)
{
    static const char *const words[] = {"one", "pool-24", "many", NULL};
    const char *wrong = one_of(v, n > 0 ? 1 : 0, words, &p->pool);

    if (wrong != NULL)
        return wrong;
    if (p->pool == POOL_ONE)
        return n == 1 ? NULL : "one is one";
    return n == 2 && number_parse(v[1], PROFILE_POOL, &p->addresses) &&
                   p->addresses > 1
               ? NULL
               : "must say how many, 2 to 200";
}

static const char *read_names(struct profile *p, char **v, size_t n)
{
    static const char *const words[] = {"own", "dialup", "none", NULL};

    return one_of(v, n, words, &p->names);
}

static const char *read_sender(struct profile *p, char **v, size_t n)
{
    static const char *const words[] = {"fixed", "new", "null", NULL};

    return one_of(v, n, words, &p->sender);
}

static const char *read_mx(struct profile *p, char **v, size_t n)
{
    static const char *const words[] = {"first", "all", "next", "last", NULL};

    return one_of(v, n, words, &p->mx);
}

/* The last row is "unknown". */
const struct profile_key profile_keys[] = {{"title", read_title, false},
                                           {"mail", read_mail, false},
                                           {"weight", read_weight, false},
                                           {"wait", read_wait, false},
                                           {"schedule", read_schedule, false},
                                           {"patience", read_patience, false},
                                           {"at", read_at, false},
                                           {"then", read_then, false},
                                           {"lifetime", read_lifetime, false},
                                           {"attempts", read_attempts, false},
                                           {"at-once", read_at_once, false},
                                           {"jitter", read_jitter, false},
                                           {"on", read_on, true},
                                           {"end", read_end, false},
                                           {"last-step", read_last_step, false},
                                           {"addresses", read_addresses, false},
                                           {"names", read_names, false},
                                           {"sender", read_sender, false},
                                           {"mx", read_mx, false},
                                           {NULL, NULL, false}};
