/*
 * A message in memory: its envelope and its text.
 *
 * Ends of lines become LF, whatever they were; a last line without one gets
 * it.  NUL octets are dropped: no mail has them (RFC 5322 §4).  An input that
 * breaks off is no message: in SMTP without the dot, else when reading fails.
 */
#include "sendmail/sendmail.h"

#include "lib/address.h"
#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mail_add(struct mail *m, const char *text, const char *domain)
{
    char whole[2 * ADDRESS_TEXT], out[ADDRESS_TEXT];
    size_t len = strlen(text);
    struct address a;
    enum address_error e;

    if (len >= ADDRESS_TEXT || m->nrecipients == MAIL_RECIPIENTS)
        return false;
    if (len > 2 && text[0] == '<' && text[len - 1] == '>') {
        text++;
        len -= 2;
    }
    snprintf(whole, sizeof(whole), "%.*s", (int)len, text);
    e = address_parse(whole, ADDRESS_UTF8, &a);
    if (e == ADDRESS_NO_DOMAIN) {
        snprintf(whole, sizeof(whole), "%.*s@%s", (int)len, text, domain);
        e = address_parse(whole, ADDRESS_UTF8, &a);
    }
    if (e != ADDRESS_OK)
        return false;
    m->recipients =
        xrealloc(m->recipients, m->nrecipients + 1, sizeof(*m->recipients));
    m->recipients[m->nrecipients++] = (struct mail_recipient){
        .address = xstrdup(address_text(&a, out, sizeof(out))),
        .notify = m->notify};
    return true;
}

void mail_release(struct mail *m)
{
    for (size_t i = 0; i < m->nrecipients; i++) {
        free(m->recipients[i].address);
        free(m->recipients[i].orcpt);
    }
    free(m->recipients);
    free(m->envid);
    free(m->sender);
    free(m->text);
    *m = (struct mail){0};
}

/* A line without its end; false when it is longer than room. */
static bool put_line(FILE *out, const char *line, size_t len, size_t room)
{
    if (len >= room)
        return false;
    for (size_t i = 0; i < len; i++)
        if (line[i] != '\0')
            putc(line[i], out);
    putc('\n', out);
    return true;
}

enum message read_message(struct mail *m, bool dot, bool smtp, size_t limit)
{
    FILE *out = open_memstream(&m->text, &m->len);
    char *line = NULL;
    size_t size = 0, total = 0;
    bool fine = true;
    ssize_t n;

    if (out == NULL)
        fatal(71, "out of memory");
    while ((n = getline(&line, &size, stdin)) > 0) {
        bool whole = line[n - 1] == '\n';
        bool stuffed = smtp && line[0] == '.';
        size_t len = (size_t)n - whole;

        if (len > 0 && line[len - 1] == '\r')
            len--;
        if (dot && len == 1 && line[0] == '.' && (whole || !smtp))
            break;
        len -= stuffed;
        fine = fine && put_line(out, line + stuffed, len, limit - total);
        total += len + 1;
        if (!fine && !smtp)
            break;
    }
    free(line);
    fclose(out);
    if (ferror(stdin) || (n <= 0 && !feof(stdin)))
        return MESSAGE_UNREADABLE;
    if (n <= 0 && smtp)
        return MESSAGE_CUT;
    return fine ? MESSAGE_WHOLE : MESSAGE_LARGE;
}
