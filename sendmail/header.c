/*
 * The header of a message written here (RFC 5322): recipients out of it, and
 * what is missing into it.
 *
 * A text that does not begin with a header gets one, and an empty line behind
 * it.  Bcc is taken out, so that it is blind.  A message that is resent
 * (§3.6.6) goes to whom it is resent, not again to whom it was sent.
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

/* As it stands there, without the blanks around it. */
static char *copy_of(const char *from, const char *end)
{
    char *text;

    if (end > from && (end[-1] == ',' || end[-1] == ';'))
        end--;
    while (from < end && isspace((unsigned char)*from))
        from++;
    while (from < end && isspace((unsigned char)end[-1]))
        end--;
    text = xcalloc(1, (size_t)(end - from) + 1);
    memcpy(text, from, (size_t)(end - from));
    return text;
}

static bool add_list(struct mail *m, const char *from, const char *end,
                     const char *domain, char **wrong)
{
    struct list_address a;
    enum list_status status;
    const char *at = from;

    while ((status = list_next(&at, end, &a)) != LIST_END) {
        if (status == LIST_MISTAKE ||
            (a.len > 0 && !mail_add(m, a.text, domain))) {
            *wrong = copy_of(from, at);
            return false;
        }
        from = at;
    }
    return true;
}

/* To and the like; in a message that is resent, Resent-To and the like. */
static bool names_recipients(const char *p, size_t len, bool resent)
{
    const size_t prefix = strlen("Resent-");

    if (resent) {
        if (len <= prefix || strncasecmp(p, "Resent-", prefix) != 0)
            return false;
        p += prefix;
        len -= prefix;
    }
    return is_field(p, len, "To") || is_field(p, len, "Cc") ||
           is_field(p, len, "Bcc");
}

static bool is_resent(const char *p)
{
    for (size_t n; (n = field_name(p)) > 0; p = field_end(p))
        if (strncasecmp(p, "Resent-", strlen("Resent-")) == 0)
            return true;
    return false;
}

/* Behind the line that begins a message in a mailbox file. */
static const char *skip_from_line(const char *p)
{
    if (field_name(p) == 0 && strncmp(p, "From ", 5) == 0)
        return strchr(p, '\n') + 1;
    return p;
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
    const char *p = skip_from_line(m->text);
    bool resent = is_resent(p);
    char *text = NULL;
    size_t len = 0, n;
    FILE *out = open_memstream(&text, &len);
    bool fine = true;

    if (out == NULL)
        fatal(71, "out of memory");
    while (fine && (n = field_name(p)) > 0) {
        const char *end = field_end(p), *value = strchr(p, ':') + 1;
        bool bcc = is_field(p, n, "Bcc") || is_field(p, n, "Resent-Bcc");

        seen.from |= is_field(p, n, "From");
        seen.date |= is_field(p, n, "Date");
        seen.message_id |= is_field(p, n, "Message-ID");
        if (to_too && names_recipients(p, n, resent))
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
