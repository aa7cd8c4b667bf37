/*
 * The house that a pure session is played in: see run_house.h.  An answer is
 * what the next "house:" line says, else what the world of README.md has.
 */
#include "tests/dialogue/run_house.h"

#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void octets_put(struct octets *o, const char *data, size_t len)
{
    if (o->len + len + 1 > o->size) {
        o->size = 2 * o->size + len + 1;
        o->v = xrealloc(o->v, o->size, 1);
    }
    memcpy(o->v + o->len, data, len);
    o->len += len;
    o->v[o->len] = '\0';
}

static void torn(struct house *h, const char *why)
{
    if (!h->torn)
        h->torn = why;
}

bool house_script(struct house *h, const char *answer)
{
    static const char *const questions[] = {"checked ", "verdict ", "opened ",
                                            "written ", "committed "};
    for (int q = 0; q < Q_COUNT; q++) {
        size_t n = strlen(questions[q]);
        if (strncmp(answer, questions[q], n) || h->nanswers[q] == ANSWERS)
            continue;
        h->answers[q][h->nanswers[q]++] = answer + n;
        return true;
    }
    return false;
}

/* The answer that the dialogue asked for, or NULL. */
static const char *scripted(struct house *h, enum question q)
{
    size_t *next = &h->next_answer[q];
    return *next < h->nanswers[q] ? h->answers[q][(*next)++] : NULL;
}

static int word_index(const char *word, const char *const *words, int n)
{
    for (int i = 0; word && i < n; i++)
        if (!strcmp(word, words[i]))
            return i;
    return -1;
}

static enum checked checked(struct house *h, const struct address *a)
{
    static const char *const words[] = {"local", "remote", "unknown",
                                        "not-ours", "failure"};
    static const char *const users[] = {"alice", "bob", "carol"};
    int i = word_index(scripted(h, Q_CHECKED), words, 5);
    unsigned n = 0;
    char end;
    if (i >= 0)
        return (enum checked)i;
    if (!a->domain[0])
        return CHECKED_LOCAL;
    if (strcmp(a->domain, "example.org") && strcmp(a->domain, "example.net"))
        return CHECKED_NOT_OURS;
    for (i = 0; i < 3; i++)
        if (!strcasecmp(a->local, users[i]))
            return CHECKED_LOCAL;
    if (!strcasecmp(a->local, "postmaster") ||
        (sscanf(a->local, "user%u%c", &n, &end) == 1 && n >= 1 && n <= 120))
        return CHECKED_LOCAL;
    return CHECKED_UNKNOWN;
}

static struct verdict verdict(struct house *h, const struct session *s)
{
    const char *text = scripted(h, Q_VERDICT);
    struct verdict v = {.judged = text ? JUDGED_DEFER : JUDGED_PASS};
    if (!text && h->greylist)
        return greylist_house_judge(h->greylist, &h->client, h->client_verified,
                                    session_sender(s), session_recipient(s),
                                    h->now);
    if (text && !strncmp(text, "at-data ", 8)) {
        v.judged = JUDGED_DEFER_AT_DATA;
        text += 8;
    } else if (text && !strncmp(text, "field ", 6)) {
        v.judged = JUDGED_PASS;
        snprintf(v.header, sizeof v.header, "%s\n", text + 6);
    }
    snprintf(v.reply, sizeof v.reply, "%s", text ? text : "");
    return v;
}

static enum stored stored(struct house *h, enum question q)
{
    static const char *const words[] = {"ok", "full-disk", "full-mailbox",
                                        "failure"};
    int i = word_index(scripted(h, q), words, 4);
    return i < 0 ? STORED_OK : (enum stored)i;
}

static enum want do_open(struct house *h, struct session *s)
{
    enum stored how = stored(h, Q_OPENED);
    if (h->open || session_recipient_count(s) == 0)
        torn(h, "WANT_OPEN with a place open, or for nobody");
    h->open = how == STORED_OK;
    h->stored.len = 0;
    return session_opened(s, how, h->client_verified, h->now);
}

static enum want do_write(struct house *h, struct session *s)
{
    size_t len;
    const char *data = session_body(s, &len);
    if (!h->open)
        torn(h, "WANT_WRITE without a place");
    if (memchr(data, '\r', len) || memchr(data, '\0', len))
        torn(h, "CR or NUL in what is stored");
    octets_put(&h->stored, data, len);
    return session_written(s, stored(h, Q_WRITTEN));
}

/* What the session would have deliver store. */
static void keep_message(struct house *h, struct session *s)
{
    struct message *m = &h->messages[h->nmessages];
    const struct address *sender = session_sender(s);
    char text[ADDRESS_TEXT], line[ADDRESS_TEXT + 3];
    struct octets to = {0};
    if (h->nmessages == ANSWERS)
        return;
    h->nmessages++;
    for (size_t i = 0; i < session_recipient_count(s); i++) {
        struct accepted a = session_recipient_at(s, i);
        snprintf(line, sizeof line, "%s%s%s ", a.local, *a.domain ? "@" : "",
                 a.domain);
        octets_put(&to, line, strlen(line));
    }
    sort_words(to.v);
    m->to = to.v;
    address_text(sender, text, sizeof text);
    snprintf(line, sizeof line, "<%s>", sender->domain[0] ? text : "");
    m->from = xstrdup(line);
    if (!message_split(m, h->stored.v, h->stored.len))
        torn(h, "a message without a Received field");
}

static enum want do_commit(struct house *h, struct session *s)
{
    enum stored how = stored(h, Q_COMMITTED);
    if (!h->open)
        torn(h, "WANT_COMMIT without a place");
    h->open = false;
    if (how == STORED_OK)
        keep_message(h, s);
    return session_committed(s, how);
}

static enum want do_abort(struct house *h, struct session *s)
{
    if (!h->open)
        torn(h, "WANT_ABORT without a place");
    h->open = false;
    return session_aborted(s);
}

enum want house_serve(struct house *h, struct session *s, enum want want)
{
    struct verdict v;
    switch (want) {
    case WANT_CHECK:
        return session_checked(s, checked(h, session_recipient(s)));
    case WANT_VERDICT:
        v = verdict(h, s);
        return session_verdict(s, &v);
    case WANT_OPEN:
        return do_open(h, s);
    case WANT_WRITE:
        return do_write(h, s);
    case WANT_COMMIT:
        return do_commit(h, s);
    case WANT_ABORT:
        return do_abort(h, s);
    default:
        torn(h, "it wants what the house does not have");
        return WANT_CLOSE;
    }
}

bool house_message(struct house *h, struct message *out)
{
    if (h->next_message == h->nmessages)
        return false;
    *out = h->messages[h->next_message];
    h->messages[h->next_message++] = (struct message){0};
    return true;
}

void house_release(struct house *h)
{
    for (size_t i = 0; i < h->nmessages; i++)
        message_free(&h->messages[i]);
    free(h->stored.v);
}
