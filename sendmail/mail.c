/*
 * A message in memory: its envelope and its text.
 *
 * Ends of lines become LF, whatever they were; a last line without one gets
 * it.  NUL octets are dropped: no mail has them (RFC 5322 §4).
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
    m->recipients[m->nrecipients++] =
        xstrdup(address_text(&a, out, sizeof(out)));
    return true;
}

void mail_release(struct mail *m)
{
    for (size_t i = 0; i < m->nrecipients; i++)
        free(m->recipients[i]);
    free(m->recipients);
    free(m->sender);
    free(m->text);
    *m = (struct mail){0};
}

bool read_message(struct mail *m, bool dot, bool unstuff, size_t limit)
{
    FILE *out = open_memstream(&m->text, &m->len);
    char *line = NULL;
    size_t room = 0, total = 0;
    bool fine = true;
    ssize_t n;

    if (out == NULL)
        fatal(71, "out of memory");
    while ((n = getline(&line, &room, stdin)) > 0) {
        const char *p = line;

        if (line[n - 1] == '\n')
            n--;
        if (n > 0 && line[n - 1] == '\r')
            n--;
        if (dot && n == 1 && line[0] == '.')
            break;
        if (unstuff && n > 0 && line[0] == '.') {
            p++;
            n--;
        }
        total += (size_t)n + 1;
        fine = total <= limit;
        if (!fine && !unstuff)
            break;
        for (ssize_t i = 0; fine && i < n; i++)
            if (p[i] != '\0')
                putc(p[i], out);
        if (fine)
            putc('\n', out);
    }
    free(line);
    fclose(out);
    return fine;
}
