/*
 * SMTP on standard input and output (-bs), for programs on this host that
 * speak nothing else (RFC 5321 in its smallest form, §4.5.1, and DSN, RFC
 * 3461).
 *
 * The table says which command is legal when; the last row is "unknown".
 * No more is checked here than the queue needs: it is the user's own mail.
 */
#include "sendmail/sendmail.h"

#include "lib/address.h"
#include "lib/dsn_words.h"
#include "lib/log.h"
#include "queue/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

enum { GREETED = 1, HAS_SENDER = 2, HAS_RECIPIENT = 4 };

struct session {
    const struct site *site;
    const char *login;
    struct mail mail;
    unsigned state;
    bool over, cut; /* cut: in the midst of a message */
};

static void reply(const char *text)
{
    printf("%s\r\n", text);
}

static void reset(struct session *s)
{
    mail_release(&s->mail);
    s->state &= GREETED;
}

static void do_hello(struct session *s, char *rest)
{
    (void)rest;
    reset(s);
    s->state = GREETED;
    printf("250-%s\r\n250-8BITMIME\r\n250-DSN\r\n250-PIPELINING\r\n250 SIZE "
           "%zu\r\n",
           s->site->hostname, s->site->limit);
}

static void do_helo(struct session *s, char *rest)
{
    (void)rest;
    reset(s);
    s->state = GREETED;
    printf("250 %s\r\n", s->site->hostname);
}

/* The path behind "FROM:" or "TO:"; what is behind it, or NULL. */
static char *read_path(char *rest, const char *word, unsigned flags,
                       struct address *a)
{
    size_t used;

    if (strncasecmp(rest, word, strlen(word)) != 0)
        return NULL;
    rest += strlen(word);
    rest += strspn(rest, " ");
    if (address_path(rest, strlen(rest), flags, a, &used) != ADDRESS_OK)
        return NULL;
    return rest + used;
}

/* "KEY=value" of a key that we know: the value, or "" when it has none. */
static const char *value_of(const char *word, const char *key)
{
    size_t len = strlen(key);

    if (strncasecmp(word, key, len) != 0 ||
        (word[len] != '=' && word[len] != '\0'))
        return NULL;
    return word + len + (word[len] == '=');
}

/* RET and ENVID (RFC 3461 §4); others, SIZE and BODY say, change nothing. */
static bool take_mail_options(struct mail *m, char *rest)
{
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        const char *ret = value_of(word, "RET"),
                   *envid = value_of(word, "ENVID");
        bool full;

        if (ret != NULL && !dsn_read_ret(ret, strlen(ret), &full))
            return false;
        if (ret != NULL)
            m->flags |= full ? JOB_RET_FULL : JOB_RET_HDRS;
        if (envid != NULL &&
            (m->envid != NULL || !dsn_is_envid(envid, strlen(envid))))
            return false;
        if (envid != NULL)
            m->envid = xstrdup(envid);
    }
    return true;
}

/* NOTIFY and ORCPT. */
static bool take_rcpt_options(struct mail_recipient *r, char *rest)
{
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        const char *notify = value_of(word, "NOTIFY"),
                   *orcpt = value_of(word, "ORCPT");

        if (notify != NULL &&
            !dsn_read_notify(notify, strlen(notify), &r->notify))
            return false;
        if (orcpt != NULL &&
            (r->orcpt != NULL || !dsn_is_orcpt(orcpt, strlen(orcpt), false)))
            return false;
        if (orcpt != NULL)
            r->orcpt = xstrdup(orcpt);
    }
    return true;
}

static void do_mail(struct session *s, char *rest)
{
    char text[ADDRESS_TEXT];
    struct address a;

    rest = read_path(rest, "FROM:", ADDRESS_NULL | ADDRESS_UTF8, &a);
    if (rest == NULL) {
        reply("501 5.1.7 Not an address");
        return;
    }
    if (!take_mail_options(&s->mail, rest)) {
        mail_release(&s->mail);
        reply("501 5.5.4 RET or ENVID is malformed");
        return;
    }
    s->mail.sender =
        xstrdup(a.local[0] != '\0' ? address_text(&a, text, sizeof(text)) : "");
    s->state |= HAS_SENDER;
    reply("250 2.1.0 Ok");
}

static void do_rcpt(struct session *s, char *rest)
{
    struct mail_recipient asked = {0};
    char text[ADDRESS_TEXT];
    struct address a;

    rest = read_path(rest, "TO:", ADDRESS_UTF8, &a);
    if (rest == NULL) {
        reply("501 5.1.3 Not an address");
    } else if (!take_rcpt_options(&asked, rest)) {
        reply("501 5.5.4 NOTIFY or ORCPT is malformed");
    } else if (!mail_add(&s->mail, address_text(&a, text, sizeof(text)),
                         s->site->domain)) {
        reply("452 4.5.3 Too many recipients");
    } else {
        struct mail_recipient *r = &s->mail.recipients[s->mail.nrecipients - 1];

        r->notify = asked.notify;
        r->orcpt = asked.orcpt;
        asked.orcpt = NULL;
        s->state |= HAS_RECIPIENT;
        reply("250 2.1.5 Ok");
    }
    free(asked.orcpt);
}

/* Submits what was read, whole. */
static void send_it(struct session *s)
{
    char id[64], *wrong = NULL;
    int code;

    header_complete(&s->mail, false,
                    s->mail.sender[0] != '\0' ? s->mail.sender : s->login, NULL,
                    s->site, &wrong);
    code = submit_mail(s->site, &s->mail, id, sizeof(id));
    if (code == EX_OK)
        printf("250 2.0.0 Queued as %s\r\n", id);
    else
        reply(code == EX_TEMPFAIL ? "451 4.3.0 Not queued"
                                  : "554 5.3.0 Not queued");
}

static void do_data(struct session *s, char *rest)
{
    (void)rest;
    reply("354 End it with a dot");
    fflush(stdout);
    switch (read_message(&s->mail, true, true, s->site->limit)) {
    case MESSAGE_WHOLE:
        send_it(s);
        break;
    case MESSAGE_LARGE:
        reply("552 5.3.4 Too large");
        break;
    default: /* there is nobody to answer */
        s->over = s->cut = true;
    }
    reset(s);
}

static void do_rset(struct session *s, char *rest)
{
    (void)rest;
    reset(s);
    reply("250 2.0.0 Ok");
}

static void do_noop(struct session *s, char *rest)
{
    (void)s, (void)rest;
    reply("250 2.0.0 Ok");
}

static void do_vrfy(struct session *s, char *rest)
{
    (void)s, (void)rest;
    reply("252 2.5.0 Send it and see");
}

static void do_quit(struct session *s, char *rest)
{
    (void)rest;
    s->over = true;
    reply("221 2.0.0 Bye");
}

static void do_unknown(struct session *s, char *rest)
{
    (void)s, (void)rest;
    reply("500 5.5.1 Unknown command");
}

static const struct command {
    const char *verb;
    unsigned needs, forbids;
    void (*run)(struct session *s, char *rest);
} commands[] = {
    {"HELO", 0, 0, do_helo},
    {"EHLO", 0, 0, do_hello},
    {"MAIL", GREETED, HAS_SENDER, do_mail},
    {"RCPT", HAS_SENDER, 0, do_rcpt},
    {"DATA", HAS_RECIPIENT, 0, do_data},
    {"RSET", 0, 0, do_rset},
    {"NOOP", 0, 0, do_noop},
    {"VRFY", 0, 0, do_vrfy},
    {"QUIT", 0, 0, do_quit},
    {NULL, 0, 0, do_unknown},
};

static void obey(struct session *s, char *line)
{
    const struct command *c = commands;
    size_t verb = strcspn(line, " ");

    while (c->verb != NULL &&
           (strlen(c->verb) != verb || strncasecmp(line, c->verb, verb) != 0))
        c++;
    if ((s->state & c->needs) != c->needs || s->state & c->forbids)
        reply("503 5.5.1 Not now");
    else
        c->run(s, line + verb + strspn(line + verb, " "));
}

int smtp_serve(const struct site *site, const char *login)
{
    struct session s = {.site = site, .login = login};
    char *line = NULL;
    size_t room = 0;

    printf("220 %s ESMTP\r\n", site->hostname);
    fflush(stdout);
    while (!s.over && getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        obey(&s, line);
        fflush(stdout);
    }
    free(line);
    mail_release(&s.mail);
    return s.cut || ferror(stdin) ? EX_IOERR : EX_OK;
}
