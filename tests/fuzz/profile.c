/*
 * Fuzzes the reading of a profile, and plays the sender that comes of it: no
 * text makes one that never ends, or whose time runs back.
 */
#include "lab/sender.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char err[512];
    struct profile *p =
        profile_parse("etc/profiles/fuzz.profile", (const char *)data, size,
                      err, sizeof(err));
    struct sender_attempt a;
    struct sender s;
    int64_t last;
    unsigned n = 0;

    if (p == NULL)
        return 0;
    sender_begin(&s, p, 3, 1, 0, &a);
    do {
        last = a.at;
        assert(a.mx < 3 && a.address < p->addresses);
        n++;
        assert(n <= PROFILE_TRIES);
    } while (sender_after(&s, STEP_RCPT, 451, (unsigned)a.number % 700, a.at,
                          &a) == SENDER_RETRY &&
             a.at >= last);
    assert(a.at >= last);
    free(p);
    return 0;
}
