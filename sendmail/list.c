/*
 * The addresses in a field of the header (RFC 5322 §3.4): without comments,
 * the names in front, the names of groups, and source routes.
 *
 * What has no angle brackets must be one word, but for the blanks that may
 * stand around dots and the @.  "John Smith" is a mistake and not the address
 * JohnSmith: it may be somebody.
 */
#include "sendmail/sendmail.h"

#include <ctype.h>
#include <string.h>

struct reading {
    const char *at, *end;
    struct list_address *to;
    bool blank;  /* something that separates words came before this */
    bool broken; /* two words, or what was begun does not end */
    bool closed; /* ">" came */
};

static void put(struct reading *r, char c)
{
    struct list_address *to = r->to;

    if (to->len + 1 < sizeof(to->text))
        to->text[to->len++] = c;
}

/* What came so far was a name. */
static void begin_anew(struct reading *r)
{
    r->to->len = 0;
    r->blank = r->broken = false;
}

static void skip_comment(struct reading *r)
{
    unsigned depth = 0;

    for (; r->at < r->end; r->at++) {
        if (*r->at == '\\' && r->at + 1 < r->end)
            r->at++;
        else if (*r->at == '(')
            depth++;
        else if (*r->at == ')' && --depth == 0)
            return;
    }
    r->broken = true;
}

/* From a quote or bracket to the one that ends it, which is left to read. */
static void take_until(struct reading *r, char last)
{
    put(r, *r->at++);
    for (; r->at < r->end && *r->at != last; r->at++) {
        if (*r->at == '\\' && r->at + 1 < r->end)
            put(r, *r->at++);
        put(r, *r->at);
    }
    put(r, last);
    r->broken |= r->at == r->end;
}

/* A character of a word: does it begin a second one? */
static void take(struct reading *r)
{
    const struct list_address *to = r->to;

    if (r->closed || (r->blank && to->len > 0 && strchr(".@", *r->at) == NULL &&
                      strchr(".@", to->text[to->len - 1]) == NULL))
        r->broken = true;
    r->blank = false;
    if (*r->at == '"' || *r->at == '[')
        take_until(r, *r->at == '"' ? '"' : ']');
    else
        put(r, *r->at);
}

/* From "<" to ">", which is left to read; "@a,@b:" in it is a route. */
static void take_path(struct reading *r)
{
    bool again = r->closed, route;

    begin_anew(r);
    r->at++;
    r->at += strspn(r->at, " \t\n");
    route = r->at < r->end && *r->at == '@';
    for (; r->at < r->end && *r->at != '>'; r->at++) {
        if (*r->at == '(')
            skip_comment(r);
        else if (isspace((unsigned char)*r->at))
            r->blank = true;
        else if (*r->at == ':' && route) {
            begin_anew(r);
            route = false;
        } else
            take(r);
    }
    r->broken |= again || r->at == r->end;
    r->closed = true;
    r->blank = false;
}

enum list_status list_next(const char **at, const char *end,
                           struct list_address *to)
{
    struct reading r = {.at = *at, .end = end, .to = to};

    if (*at >= end)
        return LIST_END;
    to->len = 0;
    for (; r.at < end && *r.at != ',' && *r.at != ';'; r.at++) {
        if (isspace((unsigned char)*r.at)) {
            r.blank = true;
        } else if (*r.at == '(') {
            skip_comment(&r);
            r.blank = true;
        } else if (*r.at == '<') {
            take_path(&r);
        } else if (*r.at == ':') {
            begin_anew(&r);
            r.closed = false;
        } else {
            take(&r);
        }
    }
    to->text[to->len] = '\0';
    *at = r.at < end ? r.at + 1 : end;
    return r.broken ? LIST_MISTAKE : LIST_ADDRESS;
}
