/*
 * Which command may come when: one table.  Order is judged here alone; a
 * handler runs only in a state that its row allows.
 */
#include "smtpd/session_internal.h"

#include <string.h>
#include <strings.h>

#define S(state) (1u << STATE_##state)
#define ANY      (S(START) | S(READY) | S(MAIL) | S(REFUSED) | S(RCPT) | S(CHUNKS))

enum arguments { ARGS_NONE, ARGS_SOME, ARGS_ANY };

struct verb {
    const char *name;
    unsigned states;
    enum arguments arguments;
    enum want (*handler)(struct session *, const struct command *);
};

static enum want unknown(struct session *s, const struct command *c)
{
    (void)c;
    return reply(s, "500 5.5.1 Unknown command");
}

/* BDAT minds its order itself: its chunk must be read in any case. */
/* clang-format off */
static const struct verb verbs[] = {
    {"MAIL",     S(READY),                       ARGS_SOME, do_mail},
    {"RCPT",     S(MAIL) | S(REFUSED) | S(RCPT), ARGS_SOME, do_rcpt},
    {"DATA",     S(REFUSED) | S(RCPT),           ARGS_NONE, do_data},
    {"BDAT",     ANY,                            ARGS_ANY,  do_bdat},
    {"EHLO",     ANY,                            ARGS_ANY,  do_ehlo},
    {"HELO",     ANY,                            ARGS_ANY,  do_helo},
    {"STARTTLS", ANY,                            ARGS_NONE, do_starttls},
    {"RSET",     ANY,                            ARGS_NONE, do_rset},
    {"NOOP",     ANY,                            ARGS_ANY,  do_noop},
    {"VRFY",     ANY,                            ARGS_SOME, do_vrfy},
    {"EXPN",     ANY,                            ARGS_ANY,  do_expn},
    {"HELP",     ANY,                            ARGS_ANY,  do_help},
    {"QUIT",     ANY,                            ARGS_NONE, do_quit},
    {NULL,       ANY,                            ARGS_ANY,  unknown},
};
/* clang-format on */

static enum want out_of_order(struct session *s)
{
    switch (s->state) {
    case STATE_START:
        return reply(s, "503 5.5.1 Say EHLO first");
    case STATE_READY:
        return reply(s, "503 5.5.1 MAIL comes first");
    case STATE_MAIL:
        return reply(s, "503 5.5.1 RCPT comes next");
    case STATE_CHUNKS:
        return reply(s, "503 5.5.1 BDAT LAST or RSET comes first");
    default:
        return reply(s, "503 5.5.1 A transaction is under way");
    }
}

static bool has_control(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            return true;
    return false;
}

enum want session_command(struct session *s, const char *line, size_t len)
{
    const struct verb *v = verbs;
    const char *space;
    struct command c;
    size_t verb_len;

    if (has_control(line, len))
        return reply(s, "500 5.5.2 Control characters in a command");
    while (len > 0 && line[len - 1] == ' ')
        len--;
    space = memchr(line, ' ', len);
    verb_len = space != NULL ? (size_t)(space - line) : len;
    c.args = line + verb_len + (space != NULL);
    c.len = len - verb_len - (space != NULL);
    while (v->name != NULL && (strlen(v->name) != verb_len ||
                               strncasecmp(v->name, line, verb_len) != 0))
        v++;
    if (!(v->states & 1u << s->state))
        return out_of_order(s);
    if (v->arguments == ARGS_NONE && c.len > 0)
        return reply(s, "501 5.5.4 %s takes no argument", v->name);
    if (v->arguments == ARGS_SOME && c.len == 0)
        return reply(s, "501 5.5.4 %s needs an argument", v->name);
    return v->handler(s, &c);
}
