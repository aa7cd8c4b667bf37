/*
 * The reset matrix: after every kind of failure, every next command. What a
 * failure may leave behind is a state that the table names, and no sender, no
 * recipient and no octet of what failed.  Played against the pure session by
 * the peer of tests/dialogue, whose README tells the world around it.
 */
#include "tests/dialogue/run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Where a session can stand between commands. */
enum stand { START, READY, MAIL, REFUSED, RCPT, CHUNKS, STANDS };

static const char *const stand_names[] = {"START",   "READY", "MAIL",
                                          "REFUSED", "RCPT",  "CHUNKS"};

/* What brings a new session there. */
static const char *const ways[] = {
    "",
    "EHLO a\r\n",
    "EHLO a\r\nMAIL FROM:<old@example.com>\r\n",
    "EHLO a\r\nMAIL FROM:<old@example.com>\r\nRCPT TO:<nobody@example.org>\r\n",
    "EHLO a\r\nMAIL FROM:<old@example.com>\r\nRCPT TO:<alice@example.org>\r\n",
    ("EHLO a\r\nMAIL FROM:<old@example.com>\r\nRCPT TO:<alice@example.org>\r\n"
     "BDAT 5\r\nold\r\n"),
};

static const struct command {
    const char *octets;
    const char *codes[STANDS]; /* the answer, by where the session stands */
} commands[] = {
    {"EHLO b\r\n", {"250", "250", "250", "250", "250", "250"}},
    {"HELO b\r\n", {"250", "250", "250", "250", "250", "250"}},
    {"MAIL FROM:<new@example.com>\r\n",
     {"503", "250", "503", "503", "503", "503"}},
    {"RCPT TO:<bob@example.org>\r\n",
     {"503", "503", "250", "250", "250", "503"}},
    {"RCPT TO:<nobody@example.org>\r\n",
     {"503", "503", "550", "550", "550", "503"}},
    {"DATA\r\n", {"503", "503", "503", "554", "354", "503"}},
    {"BDAT 5\r\nnew\r\n", {"503", "503", "503", "554", "250", "250"}},
    {"BDAT 5 LAST\r\nnew\r\n", {"503", "503", "503", "554", "250", "250"}},
    {"BDAT 0 LAST\r\n", {"503", "503", "503", "554", "250", "250"}},
    {"RSET\r\n", {"250", "250", "250", "250", "250", "250"}},
    {"NOOP\r\n", {"250", "250", "250", "250", "250", "250"}},
    {"VRFY a\r\n", {"252", "252", "252", "252", "252", "252"}},
    {"EXPN a\r\n", {"502", "502", "502", "502", "502", "502"}},
    {"HELP\r\n", {"214", "214", "214", "214", "214", "214"}},
    {"STARTTLS\r\n", {"220", "220", "220", "220", "220", "220"}},
    {"QUIT\r\n", {"221", "221", "221", "221", "221", "221"}},
    {"FROB\r\n", {"500", "500", "500", "500", "500", "500"}},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

struct failure {
    enum stand before;
    const char *octets; /* that fail ... */
    const char *reply;  /* ... with this as the last reply */
    enum stand after;
    const char *house;    /* what the house must answer for that, or NULL */
    const char *settings; /* or NULL */
};

#define DATA(text) "DATA\r\n" text "\r\n.\r\n"

static const struct failure failures[] = {
    /* Not understood. */
    {START, "FROB\r\n", "500 5.5.1", START, NULL, NULL},
    {READY, "FROB\r\n", "500 5.5.1", READY, NULL, NULL},
    {MAIL, "FROB\r\n", "500 5.5.1", MAIL, NULL, NULL},
    {REFUSED, "FROB\r\n", "500 5.5.1", REFUSED, NULL, NULL},
    {RCPT, "FROB\r\n", "500 5.5.1", RCPT, NULL, NULL},
    {CHUNKS, "FROB\r\n", "500 5.5.1", CHUNKS, NULL, NULL},
    {RCPT, "RSET\nRSET\r\n", "500 5.5.2", RCPT, NULL, NULL},
    {RCPT, "RSET\rRSET\r\n", "500 5.5.2", RCPT, NULL, NULL},
    {CHUNKS, "RSET\x01\r\n", "500 5.5.2", CHUNKS, NULL, NULL},
    {RCPT, "EXPN a\r\n", "502 5.5.1", RCPT, NULL, NULL},
    {RCPT, "VRFY\r\n", "501 5.5.4", RCPT, NULL, NULL},
    {RCPT, "RSET all\r\n", "501 5.5.4", RCPT, NULL, NULL},
    {CHUNKS, "RSET all\r\n", "501 5.5.4", CHUNKS, NULL, NULL},
    {RCPT, "QUIT now\r\n", "501 5.5.4", RCPT, NULL, NULL},
    {RCPT, "STARTTLS now\r\n", "501 5.5.4", RCPT, NULL, NULL},
    /* EHLO and HELO. */
    {START, "EHLO\r\n", "501 5.5.4", START, NULL, NULL},
    {START, "HELO (a)\r\n", "501 5.5.4", START, NULL, NULL},
    {READY, "EHLO (a)\r\n", "501 5.5.4", READY, NULL, NULL},
    {MAIL, "EHLO\r\n", "501 5.5.4", MAIL, NULL, NULL},
    {RCPT, "EHLO\r\n", "501 5.5.4", RCPT, NULL, NULL},
    {RCPT, "HELO\r\n", "501 5.5.4", RCPT, NULL, NULL},
    {CHUNKS, "EHLO\r\n", "501 5.5.4", CHUNKS, NULL, NULL},
    /* MAIL. */
    {START, "MAIL FROM:<a@b.example>\r\n", "503 5.5.1", START, NULL, NULL},
    {READY, "MAIL FROM:<a\r\n", "501 5.1.7", READY, NULL, NULL},
    {READY, "MAIL a@b.example\r\n", "501 5.5.4", READY, NULL, NULL},
    {READY, "MAIL FROM:<a@b.example> FROB\r\n", "555 5.5.4", READY, NULL, NULL},
    {READY, "MAIL FROM:<a@b.example> SIZE=1 SIZE=1\r\n", "501 5.5.4", READY,
     NULL, NULL},
    {READY, "MAIL FROM:<a@b.example> SIZE=99999999\r\n", "552 5.3.4", READY,
     NULL, NULL},
    {READY, "MAIL FROM:<\xc3\xa9@b.example>\r\n", "553 5.6.7", READY, NULL,
     NULL},
    {READY, "MAIL FROM:<a@b.example> BODY=BINARYMIME\r\n", "501 5.5.4", READY,
     NULL, NULL},
    {MAIL, "MAIL FROM:<a@b.example>\r\n", "503 5.5.1", MAIL, NULL, NULL},
    {REFUSED, "MAIL FROM:<a@b.example>\r\n", "503 5.5.1", REFUSED, NULL, NULL},
    {RCPT, "MAIL FROM:<a@b.example>\r\n", "503 5.5.1", RCPT, NULL, NULL},
    {RCPT, "MAIL FROM:<\r\n", "503 5.5.1", RCPT, NULL, NULL},
    {CHUNKS, "MAIL FROM:<a@b.example>\r\n", "503 5.5.1", CHUNKS, NULL, NULL},
    /* RCPT. */
    {START, "RCPT TO:<bob@example.org>\r\n", "503 5.5.1", START, NULL, NULL},
    {READY, "RCPT TO:<bob@example.org>\r\n", "503 5.5.1", READY, NULL, NULL},
    {CHUNKS, "RCPT TO:<bob@example.org>\r\n", "503 5.5.1", CHUNKS, NULL, NULL},
    {MAIL, "RCPT TO:<bob\r\n", "501 5.1.3", REFUSED, NULL, NULL},
    {RCPT, "RCPT TO:<bob\r\n", "501 5.1.3", RCPT, NULL, NULL},
    {MAIL, "RCPT TO:<bob@example.org> FROB\r\n", "555 5.5.4", REFUSED, NULL,
     NULL},
    {RCPT, "RCPT TO:<bob@example.org> FROB\r\n", "555 5.5.4", RCPT, NULL, NULL},
    {MAIL, "RCPT TO:<x@example.org>\r\n", "550 5.1.1", REFUSED, NULL, NULL},
    {RCPT, "RCPT TO:<x@example.org>\r\n", "550 5.1.1", RCPT, NULL, NULL},
    {MAIL, "RCPT TO:<a@b.example>\r\n", "550 5.7.1", REFUSED, NULL, NULL},
    {RCPT, "RCPT TO:<a@b.example>\r\n", "550 5.7.1", RCPT, NULL, NULL},
    {RCPT, "RCPT TO:<\xc3\xa9@example.org>\r\n", "553 5.6.7", RCPT, NULL, NULL},
    {MAIL, "RCPT TO:<bob@example.org>\r\n", "450 4.7.1", REFUSED,
     "verdict 450 4.7.1 Later", NULL},
    {RCPT, "RCPT TO:<bob@example.org>\r\n", "450 4.7.1", RCPT,
     "verdict 450 4.7.1 Later", NULL},
    {MAIL, "RCPT TO:<bob@example.org>\r\n", "451 4.3.0", REFUSED,
     "checked failure", NULL},
    {RCPT, "RCPT TO:<bob@example.org>\r\n", "451 4.3.0", RCPT,
     "checked failure", NULL},
    /* DATA. */
    {START, "DATA\r\n", "503 5.5.1", START, NULL, NULL},
    {READY, "DATA\r\n", "503 5.5.1", READY, NULL, NULL},
    {MAIL, "DATA\r\n", "503 5.5.1", MAIL, NULL, NULL},
    {REFUSED, "DATA\r\n", "554 5.5.1", REFUSED, NULL, NULL},
    {CHUNKS, "DATA\r\n", "503 5.5.1", CHUNKS, NULL, NULL},
    {RCPT, "DATA now\r\n", "501 5.5.4", RCPT, NULL, NULL},
    {RCPT, "DATA\r\n", "452 4.3.1", READY, "opened full-disk", NULL},
    {RCPT, "DATA\r\n", "452 4.2.2", READY, "opened full-mailbox", NULL},
    {RCPT, "DATA\r\n", "451 4.3.0", READY, "opened failure", NULL},
    {RCPT, "DATA\r\n", "452 4.3.1", READY, "written full-disk", NULL},
    {RCPT, DATA("bad\n"), "550 5.6.11", READY, NULL, NULL},
    {RCPT, DATA("bad\r"), "550 5.6.11", READY, NULL, NULL},
    {RCPT, DATA("too big"), "552 5.3.4", READY, NULL, "message=8"},
    {RCPT, DATA("x"), "452 4.3.1", READY, "committed full-disk", NULL},
    {RCPT, DATA("x"), "452 4.2.2", READY, "committed full-mailbox", NULL},
    {RCPT, DATA("x"), "451 4.3.0", READY, "committed failure", NULL},
    /* BDAT. */
    {START, "BDAT 6\r\nRSET\r\n", "503 5.5.1", START, NULL, NULL},
    {READY, "BDAT 6\r\nRSET\r\n", "503 5.5.1", READY, NULL, NULL},
    {READY, "BDAT 0 LAST\r\n", "503 5.5.1", READY, NULL, NULL},
    {MAIL, "BDAT 6 LAST\r\nRSET\r\n", "503 5.5.1", MAIL, NULL, NULL},
    {REFUSED, "BDAT 6\r\nRSET\r\n", "554 5.5.1", REFUSED, NULL, NULL},
    {REFUSED, "BDAT 0 LAST\r\n", "554 5.5.1", REFUSED, NULL, NULL},
    {RCPT, "BDAT 6\r\nRSET\r\n", "452 4.3.1", READY, "opened full-disk", NULL},
    {RCPT, "BDAT 0\r\n", "452 4.3.1", READY, "opened full-disk", NULL},
    {RCPT, "BDAT 6\r\nRSET\r\n", "451 4.3.0", READY, "written failure", NULL},
    {RCPT, "BDAT 4\r\nbad\n", "550 5.6.11", READY, NULL, NULL},
    {RCPT, "BDAT 4 LAST\r\nbad\r", "550 5.6.11", READY, NULL, NULL},
    {CHUNKS, "BDAT 4 LAST\r\nbad\n", "550 5.6.11", READY, NULL, NULL},
    {RCPT, "BDAT 9 LAST\r\ntoo big\r\n", "552 5.3.4", READY, NULL, "message=8"},
    {CHUNKS, "BDAT 5\r\nbig\r\n", "552 5.3.4", READY, NULL, "message=8"},
    {RCPT, "BDAT 3 LAST\r\nx\r\n", "451 4.3.0", READY, "committed failure",
     NULL},
    {CHUNKS, "BDAT 0 LAST\r\n", "452 4.3.1", READY, "committed full-disk",
     NULL},
};

#define FAILURES (sizeof failures / sizeof failures[0])

static struct options options = {.place = PLACE_PURE};

/* The last reply line to these octets, up to the text. */
static const char *say(struct peer *p, const char *octets)
{
    static char line[1024];
    size_t len;
    cr_assert(p->ops->send(p, octets, strlen(octets)), "%s", p->why);
    strcpy(line, "");
    while (p->ops->line(p, line, sizeof line, &len) == GOT_LINE)
        ;
    return line;
}

/* A new session in which this has just failed. */
static struct peer *after(const struct failure *f)
{
    char settings[64] = "";
    char client[] = "192.0.2.1";
    struct dialogue d = {.client = client, .settings = settings};
    struct peer *p = pure_new(&options);
    const char *reply;
    if (f->settings)
        strcpy(settings, f->settings);
    cr_assert(p->ops->begin(p, &d));
    say(p, ways[f->before]);
    if (f->house) {
        struct step step = {.kind = STEP_HOUSE, .text = (char *)f->house};
        cr_assert(p->ops->house(p, &step));
    }
    reply = say(p, f->octets);
    cr_expect(!strncmp(reply, f->reply, strlen(f->reply)), "%s: %s then %s",
              stand_names[f->before], f->octets, reply);
    return p;
}

static void leave(struct peer *p)
{
    p->ops->end(p);
    pure_free(p);
}

static void try_commands(const struct failure *f)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *code = commands[i].codes[f->after];
        struct peer *p = after(f);
        const char *reply = say(p, commands[i].octets);
        cr_expect(!strncmp(reply, code, 3),
                  "%s: %s %s then %s wanted %s, got %s", stand_names[f->before],
                  f->octets, f->house ? f->house : "", commands[i].octets, code,
                  reply);
        leave(p);
    }
}

/* The one message stored must be that of MAIL <new>, for bob, "new". */
static void expect_new_message(const struct failure *f, struct peer *p)
{
    struct message m;
    cr_assert(p->ops->message(p, &m), "%s: nothing stored", f->octets);
    cr_expect_str_eq(m.from, "<new@example.com>", "%s", f->octets);
    cr_expect_str_eq(m.to, "bob@example.org", "%s", f->octets);
    cr_expect_str_eq(m.body, "new\n", "%s", f->octets);
    cr_expect(!p->ops->message(p, &m), "%s: two messages", f->octets);
    message_free(&m);
}

static void try_next_message(const struct failure *f)
{
    static const char *const resets[] = {"", "RSET\r\n", "EHLO b\r\n"};
    static const char *const endings[] = {DATA("new"),
                                          "BDAT 5 LAST\r\nnew\r\n"};
    /* What it takes to begin anew. */
    int first = f->after == START ? 2 : f->after == READY ? 0 : 1;
    for (int reset = first; reset < 3; reset++) {
        for (int ending = 0; ending < 2; ending++) {
            struct peer *p = after(f);
            say(p, resets[reset]);
            say(p, "MAIL FROM:<new@example.com>\r\n"
                   "RCPT TO:<bob@example.org>\r\n");
            say(p, endings[ending]);
            expect_new_message(f, p);
            leave(p);
        }
    }
}

/* Where the transaction goes on, it is the one that was begun. */
static void try_to_go_on(const struct failure *f)
{
    struct message m;
    struct peer *p;
    bool bdat = f->after == CHUNKS;
    if (f->after != RCPT && f->after != CHUNKS)
        return;
    p = after(f);
    say(p, bdat ? "BDAT 5 LAST\r\nend\r\n" : DATA("end"));
    cr_assert(p->ops->message(p, &m), "%s: nothing stored", f->octets);
    cr_expect_str_eq(m.from, "<old@example.com>", "%s", f->octets);
    cr_expect_str_eq(m.to, "alice@example.org", "%s", f->octets);
    cr_expect_str_eq(m.body, bdat ? "old\nend\n" : "end\n", "%s", f->octets);
    message_free(&m);
    leave(p);
}

Test(reset_matrix, every_command_behaves_after_every_failure)
{
    for (size_t i = 0; i < FAILURES; i++)
        try_commands(&failures[i]);
}

Test(reset_matrix, nothing_of_a_failure_is_in_the_next_message)
{
    for (size_t i = 0; i < FAILURES; i++)
        try_next_message(&failures[i]);
}

Test(reset_matrix, a_transaction_that_goes_on_is_the_one_that_was_begun)
{
    for (size_t i = 0; i < FAILURES; i++)
        try_to_go_on(&failures[i]);
}
