/*
 * The text of a configuration made fit for libconfuse.
 *
 * libconfuse 3.3 reads some texts otherwise than they look: it counts a
 * comment as several lines, takes none inside a list, puts values of the
 * environment into strings, drops characters that it does not know, takes the
 * end of the file for a missing brace, and an unclosed quote leaves its
 * scanner inside a string for the next file.  So comments become spaces here,
 * and the rest is refused with its line.
 *
 * What remains is a small language: words, strings that end on their line,
 * braces in pairs, '=' and ','; comments from '#' to the end of the line.
 * Whether these make up options is left to libconfuse.
 */
#include "lib/conf_internal.h"

#include <ctype.h>
#include <string.h>

/* A section and a list in it; one more, so that libconfuse says it. */
#define DEPTH 3

struct scan {
    struct conf_reading *r;
    char *at; /* a NUL ends the text */
    unsigned line;
    bool quoted; /* the token before was a string */
    bool word;   /* the token before was a word */
    bool title;  /* the string before stood behind a word, as a title does */
    unsigned depth;
    unsigned open[DEPTH]; /* lines of the braces that are open */
};

static void wrong(struct scan *s, const char *what)
{
    conf_mistake(s->r, s->line, "", "syntax", "%s", what);
}

static void blank_line(struct scan *s)
{
    for (; *s->at != '\n' && *s->at != '\0'; s->at++)
        *s->at = ' ';
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
           (c != '\0' && strchr("._-/:~%@[]", c) != NULL);
}

static void scan_word(struct scan *s)
{
    /* In the middle of a word, as in tls://, libconfuse sees no comment. */
    if (s->at[0] == '/' && (s->at[1] == '/' || s->at[1] == '*')) {
        wrong(s, "a comment begins with #");
        blank_line(s);
        return;
    }
    while (is_word(*s->at))
        s->at++;
    s->quoted = false;
    s->word = true;
}

/* At a backslash. Leaves s->at on the last character of the escape. */
static void scan_escape(struct scan *s, char quote)
{
    if (s->at[1] == quote || s->at[1] == '\\')
        s->at++;
    else if (quote == '"')
        wrong(s, "in double quotes a backslash stands only before \" or "
                 "another backslash");
}

static void scan_string(struct scan *s)
{
    char quote = *s->at++;

    for (; *s->at != quote; s->at++) {
        if (*s->at == '\0' || *s->at == '\n') {
            wrong(s, "a quote is opened and not closed on the same line");
            return;
        }
        if (*s->at == '\\')
            scan_escape(s, quote);
        else if (quote == '"' && s->at[0] == '$' && s->at[1] == '{')
            wrong(s, "${...}: the environment is not looked at; write the "
                     "value itself");
        else if (iscntrl((unsigned char)*s->at))
            wrong(s, "a control character in a string");
    }
    s->at++;
    s->quoted = true;
    s->title = s->word;
    s->word = false;
}

static void scan_brace(struct scan *s)
{
    if (*s->at == '{') {
        if (s->depth < DEPTH)
            s->open[s->depth] = s->line;
        s->depth++;
    } else if (s->depth > 0) {
        s->depth--;
    } else {
        wrong(s, "a closing brace without an opening one before it");
    }
    s->at++;
}

static void scan_punctuation(struct scan *s)
{
    /* libconfuse reads such a name as the path of an option. */
    if (s->quoted && (*s->at == '=' || (*s->at == '{' && !s->title)))
        wrong(s, "the name of an option stands without quotes");
    s->quoted = s->word = false;
    if (*s->at == '{' || *s->at == '}')
        scan_brace(s);
    else
        s->at++;
}

static void scan_odd(struct scan *s)
{
    unsigned char c = (unsigned char)*s->at++;

    if (iscntrl(c))
        wrong(s, "a control character");
    else
        conf_mistake(s->r, s->line, "", "syntax",
                     "unexpected '%c'; a value with such a character stands in "
                     "quotes",
                     c);
}

static void scan_token(struct scan *s)
{
    if (*s->at == '#')
        blank_line(s);
    else if (*s->at == '"' || *s->at == '\'')
        scan_string(s);
    else if (is_word(*s->at))
        scan_word(s);
    else if (strchr("={},()", *s->at) != NULL)
        scan_punctuation(s);
    else
        scan_odd(s);
}

void conf_text(struct conf_reading *r, char *text, size_t len)
{
    struct scan s = {.r = r, .at = text, .line = 1};

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        memset(text, ' ', 3); /* the byte order mark of some editors */
    if (memchr(text, '\0', len) != NULL) {
        conf_mistake(r, 0, "", "syntax", "a NUL octet: this is not a text");
        return;
    }
    while (*s.at != '\0') {
        if (*s.at == '\n') {
            s.line++;
            s.at++;
        } else if (isspace((unsigned char)*s.at)) {
            *s.at++ = ' ';
        } else {
            scan_token(&s);
        }
    }
    if (s.depth > 0) {
        s.line = s.open[s.depth > DEPTH ? DEPTH - 1 : s.depth - 1];
        wrong(&s, "the brace opened here is never closed");
    }
}
