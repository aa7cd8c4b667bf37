/*
 * The words, numbers and times of a profile, see profile_parts.h.
 *
 * Times are what the configuration has ("90s", "5m", "4h", "5d"), and what
 * measurements are published in: minutes and seconds, "98:44".
 */
#include "lab/profile_parts.h"

#include "lib/conf.h"

#include <stdlib.h>
#include <string.h>

const char *const step_words[] = {"connect", "ehlo", "mail", "rcpt",
                                  "data",    "dot",  NULL};
const char *const class_words[] = {"421", "450", "451",  "452",
                                   "4xx", "5xx", "drop", NULL};
const char *const reaction_words[] = {"retry", "bounce", "silence", "ignore",
                                      NULL};

int word_find(const char *word, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

bool number_parse(const char *word, uint32_t max, uint32_t *n)
{
    uint64_t v = 0;

    if (*word == '\0')
        return false;
    for (; *word != '\0'; word++) {
        if (*word < '0' || *word > '9')
            return false;
        v = v * 10 + (unsigned)(*word - '0');
        if (v > max)
            return false;
    }
    *n = (uint32_t)v;
    return true;
}

bool factor_parse(const char *word, uint32_t *percent)
{
    size_t whole = strcspn(word, "."), rest = strlen(word + whole);
    char digits[8];
    uint32_t a, b = 0;

    if (whole == 0 || whole > 3 || rest > 3)
        return false;
    memcpy(digits, word, whole);
    digits[whole] = '\0';
    if (!number_parse(digits, 100, &a))
        return false;
    if (rest > 0 && !number_parse(word + whole + 1, 99, &b))
        return false;
    *percent = a * 100 + (rest == 2 ? b * 10 : b);
    return true;
}

bool time_parse(const char *word, uint32_t *sec)
{
    const char *colon = strchr(word, ':');
    char minutes[8];
    uint32_t m, s;
    unsigned v;

    if (colon == NULL) {
        if (conf_duration(word, &v) != 0 || v > PROFILE_TIME)
            return false;
        *sec = v;
        return true;
    }
    if (colon == word || colon - word > 6 || strlen(colon) != 3)
        return false;
    memcpy(minutes, word, (size_t)(colon - word));
    minutes[colon - word] = '\0';
    if (!number_parse(minutes, 999999, &m) || !number_parse(colon + 1, 59, &s))
        return false;
    *sec = m * 60 + s;
    return *sec <= PROFILE_TIME;
}

enum reply_class profile_class(unsigned code)
{
    static const unsigned told[] = {421, 450, 451, 452};

    for (unsigned i = 0; i < 4; i++)
        if (code == told[i])
            return (enum reply_class)(CLASS_421 + i);
    if (code >= 200 && code < 400)
        return CLASS_SUCCESS;
    if (code >= 400 && code < 500)
        return CLASS_4XX;
    return code >= 500 && code < 600 ? CLASS_5XX : CLASS_DROP;
}

const char *profile_step_word(enum step step)
{
    return step_words[step];
}

const char *profile_class_word(enum reply_class c)
{
    return c == CLASS_SUCCESS ? "success" : class_words[c];
}

const char *profile_reaction_word(enum reaction r)
{
    return reaction_words[r];
}
