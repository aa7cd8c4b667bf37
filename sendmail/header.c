/*
 * The header of a message written here (RFC 5322): recipients out of it, and
 * what is missing into it.
 *
 * A text that does not begin with a header gets one, and an empty line behind
 * it.  Bcc is taken out, so that it is blind.
 */
#include "sendmail/sendmail.h"

#include "lib/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

struct seen {
    bool from, date, message_id;
};

/* Length of a field's name if one begins here ("Subject"), or 0. */
static size_t field_name(const char *p)
{
    size_t n = 0;

    while (p[n] > ' ' && p[n] < 0x7f && p[n] != ':')
        n++;
    return n > 0 && p[n + strspn(p + n, " \t")] == ':' ? n : 0;
}

/* The end of the field that begins here, its continuation lines included. */
static const char *field_end(const char *p)
{
    do {
        p = strchr(p, '\n') + 1; /* every line has one */
    } while (*p == ' ' || *p == '\t');
    return p;
}

static bool is_field(const char *p, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(p, name, len) == 0;
}

/*
 * One address of a list, without comments and the name in front; s->at stands
 * behind it.  The angle brackets win.
 */
struct list {
    const char *at, *end;
    char text[512];
    size_t len;
};

static void put(struct list *l, char c)
{
    if (l->len + 1 < sizeof(l->text))
        l->text[l->len++] = c;
}

static void skip_comment(struct list *l)
{
    unsigned depth = 0;

    for (; l->at < l->end; l->at++) {
        if (*l->at == '\\' && l->at + 1 < l->end)
            l->at++;
        else if (*l->at == '(')
            depth++;
        else if (*l->at == ')' && --depth == 0)
            return;
    }
}

static void take_quoted(struct list *l)
{
    put(l, *l->at++);
    while (l->at < l->end && *l->at != '"') {
        if (*l->at == '\\' && l->at + 1 < l->end)
            put(l, *l->at++);
        put(l, *l->at++);
    }
    put(l, '"');
}

/* False at the end of the list; text may be "" (",,"). */
static bool next_address(struct list *l)
{
    bool closed = false;

    if (l->at >= l->end)
        return false;
    l->len = 0;
    for (; l->at < l->end && *l->at != ',' && *l->at != ';'; l->at++) {
        if (*l->at == '(') {
            skip_comment(l);
        } else if (closed) {
            continue;
        } else if (*l->at == '"') {
            take_quoted(l);
        } else if (*l->at == '<' || *l->at == ':') {
            l->len = 0; /* what stood in front was a name */
        } else if (*l->at == '>') {
            closed = true;
        } else if (!isspace((unsigned char)*l->at)) {
            put(l, *l->at);
        }
    }
    l->at++;
    l->text[l->len] = '\0';
    return true;
}

static bool add_list(struct mail *m, const char *from, const char *end,
                     const char *domain, char **wrong)
{
    struct list l = {.at = from, .end = end};

    while (next_address(&l))
        if (l.len > 0 && !mail_add(m, l.text, domain)) {
            *wrong = xstrdup(l.text);
            return false;
        }
    return true;
}

static void put_missing(FILE *out, const struct seen *seen, const char *from,
                        const char *name, const struct site *site)
{
    char stamp[64];
    time_t now = time(NULL);
    uint64_t random = 0;
    struct tm tm;

    gmtime_r(&now, &tm);
    if (getrandom(&random, sizeof(random), 0) < 0)
        random = (uint64_t)clock();
    strftime(stamp, sizeof(stamp), "%a, %d %b %Y %H:%M:%S +0000", &tm);
    if (!seen->from && name != NULL) {
        fprintf(out, "From: \"");
        for (; *name != '\0'; name++)
            if ((unsigned char)*name >= ' ')
                fprintf(out, "%s%c", strchr("\"\\", *name) ? "\\" : "", *name);
        fprintf(out, "\" <%s%s%s>\n", from, strchr(from, '@') ? "" : "@",
                strchr(from, '@') ? "" : site->domain);
    } else if (!seen->from) {
        fprintf(out, "From: <%s%s%s>\n", from, strchr(from, '@') ? "" : "@",
                strchr(from, '@') ? "" : site->domain);
    }
    if (!seen->date)
        fprintf(out, "Date: %s\n", stamp);
    if (!seen->message_id)
        fprintf(out, "Message-ID: <%llx.%016llx@%s>\n", (unsigned long long)now,
                (unsigned long long)random, site->hostname);
}

bool header_complete(struct mail *m, bool to_too, const char *from,
                     const char *name, const struct site *site, char **wrong)
{
    struct seen seen = {0};
    const char *p = m->text;
    char *text = NULL;
    size_t len = 0, n;
    FILE *out = open_memstream(&text, &len);
    bool fine = true;

    if (out == NULL)
        fatal(71, "out of memory");
    while (fine && (n = field_name(p)) > 0) {
        const char *end = field_end(p), *value = strchr(p, ':') + 1;
        bool bcc = is_field(p, n, "Bcc");

        seen.from |= is_field(p, n, "From");
        seen.date |= is_field(p, n, "Date");
        seen.message_id |= is_field(p, n, "Message-ID");
        if (to_too && (bcc || is_field(p, n, "To") || is_field(p, n, "Cc")))
            fine = add_list(m, value, end, site->domain, wrong);
        if (!bcc)
            fwrite(p, 1, (size_t)(end - p), out);
        p = end;
    }
    put_missing(out, &seen, from, name, site);
    if (*p != '\n')
        putc('\n', out);
    fputs(p, out);
    fclose(out);
    free(m->text);
    m->text = text;
    m->len = len;
    return fine;
}
