/*
 * The words of a verdict, see verdict.h; and which of what was seen belongs to
 * one message.
 *
 * The advice speaks to the administrator of the sender: he can do something
 * about it, the receiver can only exempt him.
 */
#include "lab/verdict.h"

#include <string.h>
#include <strings.h>

const struct fault_text fault_texts[FAULT_COUNT] = {
    [FAULT_PERMANENT] =
        {"takes-4xx-for-5xx",
         "a temporary refusal was returned to its user as a permanent one, "
         "without another attempt",
         "RFC 5321 §4.2.1, §4.5.4.1",
         "Queue the message after any reply that begins with 4, and try again "
         "for four to five days; update or replace the mail software."},
    [FAULT_SILENT] =
        {"silent-loss",
         "it gave up, and the user who sent the message was not told",
         "RFC 5321 §4.5.4.1, §6.1",
         "Queue the message after any reply that begins with 4; when giving "
         "up, send a report to the reverse-path."},
    [FAULT_NO_RETRY] =
        {"never-came-back",
         "one attempt was refused for the moment, and none followed; whether "
         "its user was told cannot be seen from here",
         "RFC 5321 §4.5.4.1",
         "Queue the message after any reply that begins with 4, and try again "
         "for four to five days."},
    [FAULT_EARLY] = {"gives-up-early", "it gave up before four days had passed",
                     "RFC 5321 §4.5.4.1",
                     "Raise the queue's lifetime to five days."},
    [FAULT_IGNORES] =
        {"ignores-rcpt-replies",
         "it went on to send the message although every recipient was refused",
         "RFC 5321 §3.3, §4.3.2",
         "Read the reply to every RCPT, and end the transaction when none was "
         "accepted."},
    [FAULT_RETRIES_5XX] =
        {"retries-after-5xx", "it came again after a permanent refusal",
         "RFC 5321 §4.2.1",
         "Return the message to its sender after a reply that begins with 5."},
    [FAULT_DUPLICATE] =
        {"sends-twice", "it sent again what had been accepted",
         "RFC 5321 §4.1.1.4, §4.5.3.2.6",
         "Wait ten minutes for the reply after the final dot, and forget a "
         "recipient that was accepted."},
    [FAULT_EAGER] =
        {"too-eager",
         "it came again within a minute, or more than twelve times in an hour",
         "RFC 5321 §4.5.4.1, RFC 6647 §5",
         "Wait at least five minutes before the first retry, then longer each "
         "time, up to some hours."},
    [FAULT_SLOW] =
        {"too-slow",
         "the first retry took more than four hours, or a later one more than "
         "a day",
         "RFC 5321 §4.5.4.1, RFC 6647 §5",
         "Try twice in the first hour, then every two or three hours."},
    [FAULT_MX] =
        {"wrong-mx",
         "it went to a backup host without having tried the preferred one",
         "RFC 5321 §5.1",
         "Try the hosts of the MX records in the order of their preference."},
    [FAULT_SENDER] =
        {"changes-sender",
         "a retry came with another reverse-path: to greylisting it is new",
         "RFC 6647 §5",
         "Keep the reverse-path of a message the same at every attempt."},
    [FAULT_ADDRESS] =
        {"changes-address",
         "a retry came from another network: to greylisting it is new",
         "RFC 6647 §5",
         "Retry from the same /24 or /64, or give all senders host names of "
         "one domain that resolve back to them."},
};

const char *verdict_word(const struct sender_verdict *v)
{
    if (v->n > 0)
        return fault_texts[v->findings[0].fault].word;
    if (v->ending == ENDING_ASKED)
        return "only-asks";
    return v->ending == ENDING_WAITING ? "undecided" : "conforming";
}

const char *verdict_ending_word(enum ending e)
{
    static const char *const words[] = {
        [ENDING_WAITING] = "waiting",   [ENDING_ACCEPTED] = "accepted",
        [ENDING_REFUSED] = "refused",   [ENDING_ASKED] = "asked",
        [ENDING_GIVEN_UP] = "given-up",
    };

    return words[e];
}

/*
 * After an acceptance: the content says whether it is the same message again.
 * It may come some attempts later.
 */
static bool is_same_message(const struct seen_list *l, size_t from,
                            const char *recipient, const char *message)
{
    for (size_t i = from; i < l->n && *message != '\0'; i++)
        if (l->v[i].message[0] != '\0' &&
            strcasecmp(l->v[i].recipient, recipient) == 0)
            return strcmp(l->v[i].message, message) == 0;
    return false;
}

size_t verdict_gather(const struct seen_list *l, size_t i, bool *taken,
                      const struct seen **out)
{
    const struct seen *accepted = NULL;
    const char *recipient = l->v[i].recipient;
    size_t n = 0;

    for (; i < l->n; i++) {
        const struct seen *s = &l->v[i];

        if (taken[i] || strcasecmp(s->recipient, recipient) != 0)
            continue;
        if (accepted != NULL && s->step <= SEEN_DOT &&
            !is_same_message(l, i, recipient, accepted->message))
            break;
        if (s->step == SEEN_DOT && s->code / 100 == 2)
            accepted = s;
        taken[i] = true;
        out[n++] = s;
    }
    return n;
}
