/*
 * The envelope of a message that is written on this host, line by line, as
 * queue_submit.c tells.
 *
 * Every user may write such lines: what goes on from here into the spool, into
 * commands to other servers and into reports is held to its grammar.
 */
#include "queue/queue_submit.h"

#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

/* How its own mail is sent: not what TLS a destination must have. */
#define USERS_FLAGS (JOB_8BIT | JOB_UTF8 | JOB_RET_FULL | JOB_RET_HDRS)

/* Notes, too, when it needs SMTPUTF8. */
static bool read_address(struct submission *s, const char *text,
                         struct address *a)
{
    if (address_parse(text, ADDRESS_UTF8, a) != ADDRESS_OK)
        return false;
    if (a->utf8)
        s->accept->record.flags |= JOB_UTF8;
    return true;
}

static bool fine_orcpt(const char *orcpt)
{
    return strcmp(orcpt, "-") == 0 || dsn_is_orcpt(orcpt, strlen(orcpt), false);
}

static bool take_recipient(struct submission *s, char *text)
{
    const char *notify = strsep(&text, " "), *orcpt = strsep(&text, " ");
    struct address a;
    char address[ADDRESS_TEXT];

    if (text == NULL || !fine_orcpt(orcpt) ||
        s->accept->record.n == RECORD_RECIPIENTS || !read_address(s, text, &a))
        return false;
    accept_recipient(s->accept, address_text(&a, address, sizeof(address)),
                     (unsigned)strtoul(notify, NULL, 10) & NOTIFY_WORDS,
                     strcmp(orcpt, "-") == 0 ? "" : orcpt);
    return true;
}

bool queue_submit_line(struct submission *s, char *line)
{
    struct record *r = &s->accept->record;
    char *value = strchr(line, ' ');
    struct address a;

    if (value == NULL)
        return false;
    *value++ = '\0';
    if (strcmp(line, "recipient") == 0)
        return take_recipient(s, value);
    if (strcmp(line, "size") == 0) {
        s->size = strtoull(value, NULL, 10);
        return true;
    }
    if (strcmp(line, "flags") == 0) {
        r->flags |= (unsigned)strtoul(value, NULL, 10) & USERS_FLAGS;
        return true;
    }
    if (strcmp(line, "envid") == 0 && dsn_is_envid(value, strlen(value))) {
        free((char *)(uintptr_t)r->envid);
        r->envid = xstrdup(value);
        return true;
    }
    if (strcmp(line, "sender") != 0 ||
        (value[0] != '\0' && !read_address(s, value, &a)))
        return false;
    free((char *)(uintptr_t)r->sender);
    r->sender = xstrdup(value);
    s->has_sender = true;
    return true;
}
