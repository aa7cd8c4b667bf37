/*
 * Fuzzing what a name server sends: any octets as the answer to a question.
 *
 * The whole way of an answer is driven: the message read, each name of it
 * expanded, and given to the decision.  Beyond memory errors it holds them to
 * their contract: records lie within the message, and what becomes a verified
 * name is a host name in lower case.
 */
#include "resolver/answer.h"
#include "resolver/fcrdns.h"

#include <arpa/nameser.h>
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_records(const struct answer *a)
{
    assert(a->n <= ANSWER_RECORDS);
    assert((a->n > 0) == (a->status == ANSWER_OK));
    assert(!a->malformed || a->status == ANSWER_FAILED);
    for (size_t i = 0; i < a->n; i++) {
        const struct answer_record *r = &a->records[i];

        assert(r->data >= a->message && r->len <= a->message_len);
        assert(r->data + r->len <= a->message + a->message_len);
    }
}

/* The message as the answer to both questions: the name's and its address. */
static void decide(const struct answer *a)
{
    struct netaddr client = {.family = 4};
    struct fcrdns_question q;
    struct fcrdns f;
    struct fcrdns_verdict v;
    char name[ANSWER_NAME];

    fcrdns_init(&f, &client);
    fcrdns_next(&f, &q);
    for (size_t i = 0; i < a->n; i++)
        if (answer_name(a, &a->records[i], 0, name))
            fcrdns_name(&f, name);
    fcrdns_names_end(&f, a->status, a->ttl_sec);
    while (fcrdns_next(&f, &q) == FCRDNS_ASK_ADDRESS) {
        fcrdns_address(&f, q.index, &client);
        fcrdns_addresses_end(&f, q.index, a->status, a->ttl_sec);
    }
    v = fcrdns_verdict(&f);
    assert((v.named == NAMED_VERIFIED) == (v.name[0] != '\0'));
    assert(v.named != NAMED_VERIFIED ||
           address_is_hostname(v.name, strlen(v.name)));
    assert(strpbrk(v.name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
    assert(v.ttl_sec >= FCRDNS_UNKNOWN_SEC && v.ttl_sec <= FCRDNS_MAX_SEC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const char *name;
        unsigned type;
    } questions[] = {{"4.3.2.1.in-addr.arpa", ns_t_ptr}, {"a.b", ns_t_mx}};
    struct answer a;

    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        answer_read(&a, data, size, questions[i].name, questions[i].type);
        check_records(&a);
        decide(&a);
    }
    return 0;
}
