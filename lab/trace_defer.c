/*
 * Which deferrals are greylisting, see trace.h.
 *
 * There is no mark of it but the text: who calls it by its name (postgrey,
 * sqlgrey, milter-greylist, policyd), is believed.  Then come what Postfix
 * itself defers for, and limits, which name a wait at times.  Of the rest, it
 * is greylisting what says the like of "try again later" (rspamd, iRedAPD) or
 * names a wait that the queue's own reader of replies finds.  All else is left
 * out, and counted: better too few attempts than some that no delay would have
 * let pass.
 */
#include "lab/trace_parts.h"

#include "lab/clean.h"

#include "queue/wait_text.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *text, *reason;
} others[] = {
    {"domain not found", "a domain not found"},
    {"host not found", "a host not found"},
    {"cannot find your", "a client without a name"},
    {"verification in progress", "an address not verified yet"},
    {"unverified address", "an address not verified yet"},
    {"user unknown", "an unknown user"},
    {"blocked using", "a blocklist"},
    {"lookup failure", "a failed lookup"},
    {"lookup error", "a failed lookup"},
    {"configuration", "an error of the server"},
    {"insufficient system storage", "an error of the server"},
    {"write error", "an error of the server"},
    {"quota", "a full mailbox"},
    {"mailbox full", "a full mailbox"},
    {"mailbox is full", "a full mailbox"},
    {"too many", "a limit"},
    {"rate limit", "a limit"},
    {"limit exceeded", "a limit"},
    {"access denied", "a forbidden relay"},
    {"service currently unavailable", "postscreen"},
    {"service unavailable", "service unavailable"},
};

/* The last is sqlgrey's, of a host that has too many new senders. */
static const char *const names[] = {"greylist",       "graylist",  "grey list",
                                    "gray list",      "grey-list", "gray-list",
                                    "from new source"};
static const char *const words[] = {"transit delay", "come back",
                                    "try again later", "try later"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each reason once; the last is for texts that nothing is known of. */
static const char *const reasons[] = {"a domain not found",
                                      "a host not found",
                                      "a client without a name",
                                      "an address not verified yet",
                                      "an unknown user",
                                      "a blocklist",
                                      "a failed lookup",
                                      "an error of the server",
                                      "a full mailbox",
                                      "a limit",
                                      "a forbidden relay",
                                      "postscreen",
                                      "service unavailable",
                                      "a text not known",
                                      NULL};

_Static_assert(sizeof(reasons) / sizeof(*reasons) <= TRACE_REASONS,
               "a counter for each reason");

const char *trace_reason(size_t i)
{
    return reasons[i];
}

static void count(struct trace_reader *r, const char *reason, const char *text)
{
    size_t i = 0;

    while (reasons[i + 1] != NULL && strcmp(reasons[i], reason) != 0)
        i++;
    r->left.deferred[i]++;
    if (reasons[i + 1] == NULL && r->left.example[0] == '\0') {
        snprintf(r->left.example, sizeof(r->left.example), "%s", text);
        clean(r->left.example);
    }
}

static bool has(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasestr(text, list[i]) != NULL)
            return true;
    return false;
}

/* Behind the codes and "<recipient>: ", whose words mean nothing. */
static const char *words_of(const char *text)
{
    const char *end;

    text += strspn(text, "0123456789. ");
    if (*text == '<' && (end = strstr(text, ">: ")) != NULL)
        text = end + 3;
    return text;
}

bool trace_greylists(struct trace_reader *r, const char *text)
{
    text = words_of(text);
    if ((r->also != NULL && strcasestr(text, r->also) != NULL) ||
        has(text, names, COUNT(names)))
        return true;
    for (size_t i = 0; i < COUNT(others); i++)
        if (strcasestr(text, others[i].text) != NULL) {
            count(r, others[i].reason, text);
            return false;
        }
    if (has(text, words, COUNT(words)) || wait_text(text) > 0)
        return true;
    count(r, "", text);
    return false;
}
