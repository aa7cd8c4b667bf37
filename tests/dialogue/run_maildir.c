/*
 * What the daemon has put into its Maildirs, MAIL/DOMAIN/USER/new: all files
 * there are copies of one message, one for each recipient.  They are removed
 * when they were read.
 */
#include "tests/dialogue/run.h"

#include "lib/log.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static void find(const char *mail, glob_t *g)
{
    char pattern[512];
    snprintf(pattern, sizeof pattern, "%s/*/*/new/*", mail);
    *g = (glob_t){0};
    glob(pattern, GLOB_NOSORT, NULL, g);
}

void maildirs_clear(const char *mail)
{
    glob_t g;
    find(mail, &g);
    for (size_t i = 0; i < g.gl_pathc; i++)
        unlink(g.gl_pathv[i]);
    globfree(&g);
}

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "r");
    char *data = NULL;
    size_t n = 1;
    *len = 0;
    while (f && n > 0) {
        data = xrealloc(data, *len + 65537, 1);
        n = fread(data + *len, 1, 65536, f);
        *len += n;
        data[*len] = '\0';
    }
    if (f)
        fclose(f);
    return data ? data : xcalloc(1, 1);
}

/* "<sender>" of the Return-Path field, or "". */
static char *return_path(const char *fields)
{
    static const char name[] = "Return-Path:";
    const char *end;
    if (strncasecmp(fields, name, sizeof name - 1))
        return xstrdup("");
    fields += sizeof name - 1;
    fields += strspn(fields, " \t");
    end = strchrnul(fields, '\n');
    return strndup(fields, (size_t)(end - fields));
}

/* "user@domain" of MAIL/domain/user/new/file */
static void mailbox_name(const char *mail, const char *path, char *out,
                         size_t size)
{
    const char *domain = path + strlen(mail) + 1;
    const char *user = strchrnul(domain, '/');
    const char *end = *user ? strchrnul(user + 1, '/') : user;
    snprintf(out, size, "%.*s@%.*s", (int)(end - user - 1), user + 1,
             (int)(user - domain), domain);
}

static void add_word(char **words, const char *word)
{
    size_t len = *words ? strlen(*words) : 0;
    *words = xrealloc(*words, len + strlen(word) + 2, 1);
    sprintf(*words + len, "%s%s", len ? " " : "", word);
}

int maildirs_take(const char *mail, struct message *out)
{
    glob_t g;
    int found = 0;
    *out = (struct message){0};
    find(mail, &g);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        struct message m = {0};
        char name[512];
        size_t len;
        char *raw = read_file(g.gl_pathv[i], &len);
        message_split(&m, raw, len);
        free(raw);
        unlink(g.gl_pathv[i]);
        mailbox_name(mail, g.gl_pathv[i], name, sizeof name);
        if (found && (m.body_len != out->body_len ||
                      memcmp(m.body, out->body, m.body_len)))
            found = -1;
        if (found)
            message_free(&m);
        else
            *out = m;
        found = found < 0 ? -1 : 1;
        add_word(&out->to, name);
    }
    if (found > 0) {
        out->from = return_path(out->fields);
        sort_words(out->to);
    } else {
        message_free(out);
    }
    globfree(&g);
    return found;
}
