/*
 * Filters of a command, "name=pattern".  A pattern is matched in time that
 * grows with pattern times text at worst, and both are short.
 */
#include "greylist/admin_parts.h"

#include <ctype.h>
#include <string.h>

bool admin_filter(const char *word, const char *const *names, size_t n,
                  const char **patterns)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(word, names[i], strlen(names[i])) == 0) {
            patterns[i] = word + strlen(names[i]);
            return true;
        }
    return false;
}

bool admin_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *from = text;

    if (pattern == NULL)
        return true;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            from = text;
        } else if (tolower((unsigned char)*pattern) ==
                   tolower((unsigned char)*text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
