/*
 * The judgement of one recipient, see judge.h.
 *
 * Exemptions come first, in an order that costs least: what is settled by a
 * setting, then the lists, and last the triplet.  An exempt attempt leaves no
 * record, so that striking out an entry begins with a clean slate.
 *
 * In the mode "observe" all is decided and recorded as if it were in force,
 * and nothing is refused; so who writes regularly is known by the time that
 * greylisting is turned on (RFC 6647 §5 wants no surprise for regulars).
 *
 * Nothing here refuses for good: a judgement is "now" or "later".
 */
#include "greylist/judge.h"

#include <stdio.h>
#include <string.h>

static bool is_null(const struct address *a)
{
    return a->local[0] == '\0' && a->domain[0] == '\0';
}

static void write_keys(const struct judge_settings *s, const struct rcpt *a,
                       struct judgement *out)
{
    identity_text(&s->identity, &a->client, a->name, out->identity);
    out->network[0] = '\0';
    if (a->name[0] != '\0') {
        identity_text(&s->identity, &a->client, "", out->network);
        if (strcmp(out->network, out->identity) == 0)
            out->network[0] = '\0';
    }
    normal_sender(a->sender, out->sender);
    normal_recipient(a->recipient, out->recipient);
}

/* Why it passes without the policy; REASON_POLICY if it does not. */
static enum judge_reason exemption(const struct judge_settings *s,
                                   const struct rcpt *a, struct judgement *out)
{
    if (s->mode == GREYLIST_OFF)
        return REASON_OFF;
    if (a->client.family == 0)
        return REASON_LOCAL;
    if (a->authenticated)
        return REASON_AUTHENTICATED;
    out->entry = exempt_client(s->clients, &a->client, a->name);
    if (out->entry != NULL)
        return REASON_CLIENT;
    out->entry = exempt_address(s->recipients, a->recipient, out->recipient);
    if (out->entry != NULL)
        return REASON_RECIPIENT;
    if (s->only != NULL &&
        exempt_address(s->only, a->recipient, out->recipient) == NULL)
        return REASON_UNLISTED;
    out->entry = exempt_address(s->senders, a->sender, out->sender);
    return out->entry != NULL ? REASON_SENDER : REASON_POLICY;
}

bool judge_begin(const struct judge_settings *s, const struct rcpt *a,
                 struct judgement *out)
{
    out->judged = JUDGED_PASS;
    out->observed = false;
    out->entry = NULL;
    out->reply[0] = out->header[0] = '\0';
    memset(&out->outcome, 0, sizeof(out->outcome));
    write_keys(s, a, out);
    out->reason = exemption(s, a, out);
    return out->reason == REASON_POLICY;
}

static void write_reply(const struct judge_settings *s, const struct rcpt *a,
                        struct judgement *out)
{
    char client[NETADDR_TEXT], recipient[ADDRESS_TEXT];
    struct reply_values v = {
        .wait_sec = out->outcome.wait_sec,
        .recipient = address_text(a->recipient, recipient, sizeof(recipient)),
        .client = netaddr_text(&a->client, client, sizeof(client))};

    reply_template_write(s->reply, &v, out->reply);
}

static void write_header(const struct judge_settings *s, struct judgement *out)
{
    snprintf(out->header, sizeof(out->header),
             "X-Greylist: delayed %u seconds, %llu attempts, by %s\n",
             out->outcome.waited_sec,
             (unsigned long long)out->outcome.record.refused +
                 out->outcome.record.accepted,
             s->hostname);
}

void judge_finish(const struct judge_settings *s, const struct rcpt *a,
                  const struct record *record,
                  const struct client_record *client, int64_t now,
                  struct judgement *out)
{
    bool observing = s->mode == GREYLIST_OBSERVE;

    policy_decide(&s->policy, record, client, now, &out->outcome);
    if (out->outcome.pass) {
        if ((out->outcome.decision == DECISION_RETURNED ||
             out->outcome.waited_sec > 0) &&
            !observing)
            write_header(s, out);
    } else if (observing) {
        out->observed = true;
    } else {
        out->judged = s->null_at_data && is_null(a->sender)
                          ? JUDGED_DEFER_AT_DATA
                          : JUDGED_DEFER;
        write_reply(s, a, out);
    }
}

void judge_without_store(struct judgement *out)
{
    out->judged = JUDGED_PASS;
    out->reason = REASON_STORE;
    out->reply[0] = '\0';
    memset(&out->outcome, 0, sizeof(out->outcome));
}

const char *judge_decision_word(enum decision decision)
{
    static const char *const words[] = {[DECISION_NEW] = "new",
                                        [DECISION_EARLY] = "early",
                                        [DECISION_RETURNED] = "returned",
                                        [DECISION_KNOWN] = "known",
                                        [DECISION_CLIENT] = "client"};

    return words[decision];
}

const char *judge_word(const struct judgement *j)
{
    static const char *const reasons[] = {
        [REASON_OFF] = "off",
        [REASON_LOCAL] = "local",
        [REASON_AUTHENTICATED] = "authenticated",
        [REASON_CLIENT] = "exempt-client",
        [REASON_SENDER] = "exempt-sender",
        [REASON_RECIPIENT] = "exempt-recipient",
        [REASON_UNLISTED] = "unlisted",
        [REASON_STORE] = "store-failed"};

    return j->reason == REASON_POLICY ? judge_decision_word(j->outcome.decision)
                                      : reasons[j->reason];
}
