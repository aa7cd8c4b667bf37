/*
 * Fuzzing the policy protocol: any octets as what a client sends.
 *
 * Beyond memory errors: reading in pieces means the same as reading at once,
 * nothing is taken that is not there, addresses stay within their bounds, and
 * every answer is one action and an empty line.
 */
#include "greylist/policyd_parse.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const struct judgement *j)
{
    char out[POLICYD_ANSWER];
    size_t len = policyd_answer(j, true, out);

    assert(len > 9 && len <= sizeof(out));
    assert(memcmp(out, "action=", 7) == 0);
    assert(memchr(out, '\n', len) == out + len - 2 && out[len - 1] == '\n');
}

static void check_request(const struct policyd_request *r)
{
    static struct judgement j;
    struct rcpt a;

    if (!policyd_is_question(r))
        return;
    policyd_attempt(r, &a);
    assert(a.client.family == 4 || a.client.family == 6);
    assert(strlen(a.name) < sizeof(r->name));
    assert(strlen(a.sender->local) <= ADDRESS_LOCAL);
    assert(strlen(a.recipient->domain) <= ADDRESS_DOMAIN);
    /* The key, as a reply, so that it is any text. */
    j.judged = JUDGED_DEFER;
    j.header[0] = '\0';
    memcpy(j.reply, "450 4.7.1 ", 11);
    normal_sender(a.sender, j.sender);
    strcat(j.reply, j.sender[0] == '\n' ? "x" : "Later");
    check_answer(&j);
}

/* Reads all; the events as letters, and where it broke. */
static size_t play(const uint8_t *data, size_t size, size_t piece,
                   char events[], size_t room)
{
    struct policyd_request r;
    enum policyd_event e;
    size_t start = 0, have = 0, used, n = 0;

    policyd_begin(&r);
    while (start < size && n < room) {
        if (have < size && have - start < POLICYD_LINE)
            have = have + piece < size ? have + piece : size;
        e = policyd_read(&r, (const char *)data + start, have - start, &used);
        assert(used <= have - start);
        start += used;
        if (e == POLICYD_BROKEN) {
            events[n++] = 'B';
            break;
        }
        if (e == POLICYD_REQUEST) {
            check_request(&r);
            events[n++] = policyd_is_question(&r) ? 'Q' : 'R';
            policyd_begin(&r);
        } else if (have == size) {
            break;
        }
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char whole[4096], pieces[4096];
    size_t n = play(data, size, size + 1, whole, sizeof(whole));

    assert(play(data, size, 7, pieces, sizeof(pieces)) == n);
    assert(memcmp(whole, pieces, n) == 0);
    return 0;
}
