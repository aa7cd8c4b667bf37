/* The cache of verified names: expiry, bounds, and a clock that jumps. */
#include "resolver/name_cache.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct netaddr v4(unsigned n)
{
    struct netaddr a = {.family = 4};

    for (unsigned i = 0; i < 4; i++)
        a.octets[i] = (uint8_t)(n >> (24 - 8 * i));
    return a;
}

static bool holds(struct name_cache *c, unsigned n, uint64_t now_sec,
                  enum named named, const char *name)
{
    struct netaddr a = v4(n);
    enum named got;
    char text[ADDRESS_DOMAIN + 1];

    return name_cache_get(c, &a, now_sec, &got, text) && got == named &&
           strcmp(text, name) == 0;
}

static void put(struct name_cache *c, unsigned n, enum named named,
                const char *name, uint64_t now_sec, unsigned ttl_sec)
{
    struct netaddr a = v4(n);

    name_cache_put(c, &a, named, name, now_sec, ttl_sec);
}

Test(name_cache, knows_nothing_at_first)
{
    struct name_cache *c = name_cache_new(4, 1);
    struct netaddr a = v4(1);
    enum named named;
    char name[ADDRESS_DOMAIN + 1];

    cr_assert(!name_cache_get(c, &a, 0, &named, name));
    cr_assert_eq(name_cache_count(c), 0);
    name_cache_free(c);
}

Test(name_cache, keeps_an_answer_until_its_time_is_over)
{
    struct name_cache *c = name_cache_new(4, 1);

    put(c, 1, NAMED_VERIFIED, "mail.example.org", 1000, 60);
    cr_assert(holds(c, 1, 1000, NAMED_VERIFIED, "mail.example.org"));
    cr_assert(holds(c, 1, 1059, NAMED_VERIFIED, "mail.example.org"));
    cr_assert(!holds(c, 1, 1060, NAMED_VERIFIED, "mail.example.org"));
    name_cache_free(c);
}

Test(name_cache, keeps_that_there_is_no_name_and_that_it_is_not_known)
{
    struct name_cache *c = name_cache_new(4, 1);

    put(c, 1, NAMED_NONE, "", 1000, 60);
    put(c, 2, NAMED_UNKNOWN, "", 1000, 30);
    cr_assert(holds(c, 1, 1030, NAMED_NONE, ""));
    cr_assert(holds(c, 2, 1029, NAMED_UNKNOWN, ""));
    cr_assert(!holds(c, 2, 1030, NAMED_UNKNOWN, ""));
    name_cache_free(c);
}

Test(name_cache, replaces_what_it_had)
{
    struct name_cache *c = name_cache_new(4, 1);

    put(c, 1, NAMED_UNKNOWN, "", 1000, 30);
    put(c, 1, NAMED_VERIFIED, "late.example.org", 1005, 60);
    cr_assert(holds(c, 1, 1064, NAMED_VERIFIED, "late.example.org"));
    cr_assert_eq(name_cache_count(c), 1);
    name_cache_free(c);
}

Test(name_cache, keeps_the_families_apart)
{
    struct name_cache *c = name_cache_new(4, 1);
    struct netaddr six = v4(1);
    enum named named;
    char name[ADDRESS_DOMAIN + 1];

    six.family = 6;
    put(c, 1, NAMED_VERIFIED, "four.example.org", 1000, 60);
    cr_assert(!name_cache_get(c, &six, 1000, &named, name));
    name_cache_free(c);
}

Test(name_cache, forgets_when_the_clock_is_set_back)
{
    struct name_cache *c = name_cache_new(4, 1);

    put(c, 1, NAMED_VERIFIED, "mail.example.org", 1000, 60);
    cr_assert(!holds(c, 1, 999, NAMED_VERIFIED, "mail.example.org"));
    name_cache_free(c);
}

Test(name_cache, lets_the_one_go_that_was_not_asked_for_the_longest)
{
    struct name_cache *c = name_cache_new(3, 1);

    for (unsigned i = 1; i <= 3; i++)
        put(c, i, NAMED_NONE, "", 1000, 60);
    cr_assert(holds(c, 1, 1001, NAMED_NONE, ""));
    put(c, 4, NAMED_NONE, "", 1002, 60);
    cr_assert(holds(c, 1, 1003, NAMED_NONE, ""));
    cr_assert(!holds(c, 2, 1003, NAMED_NONE, ""));
    cr_assert(holds(c, 3, 1003, NAMED_NONE, ""));
    cr_assert(holds(c, 4, 1003, NAMED_NONE, ""));
    name_cache_free(c);
}

Test(name_cache, holds_no_more_than_it_may)
{
    struct name_cache *c = name_cache_new(100, 7);

    for (unsigned i = 0; i < 10000; i++)
        put(c, i * 2654435761u, NAMED_NONE, "", i, 3600);
    cr_assert_eq(name_cache_count(c), 100);
    for (unsigned i = 0; i < 10000; i++)
        cr_assert_eq(holds(c, i * 2654435761u, 10000, NAMED_NONE, ""),
                     i >= 9900);
    name_cache_free(c);
}

Test(name_cache, works_with_one_place_only)
{
    struct name_cache *c = name_cache_new(1, 7);

    put(c, 1, NAMED_NONE, "", 0, 60);
    put(c, 2, NAMED_VERIFIED, "b.example", 0, 60);
    cr_assert(!holds(c, 1, 0, NAMED_NONE, ""));
    cr_assert(holds(c, 2, 0, NAMED_VERIFIED, "b.example"));
    name_cache_free(c);
}

/* The same, as simply as it can be written: the most recent first. */
enum { MODEL_MAX = 8, MODEL_SEC = 10 };
struct model {
    size_t n;
    struct {
        unsigned address;
        uint64_t until_sec;
    } held[MODEL_MAX + 1];
};

static bool model_act(struct model *m, bool put_it, unsigned address,
                      uint64_t now_sec)
{
    uint64_t until_sec = now_sec + MODEL_SEC;
    size_t at = 0;

    while (at < m->n && m->held[at].address != address)
        at++;
    if (!put_it) {
        if (at == m->n || now_sec >= m->held[at].until_sec)
            return false;
        until_sec = m->held[at].until_sec;
    }
    if (at == m->n && m->n < MODEL_MAX)
        m->n++;
    memmove(&m->held[1], &m->held[0], at * sizeof(m->held[0]));
    m->held[0].address = address;
    m->held[0].until_sec = until_sec;
    return true;
}

Test(name_cache, agrees_with_a_simple_model)
{
    struct name_cache *c = name_cache_new(MODEL_MAX, 3);
    struct model m = {0};
    uint64_t now_sec = 0;

    srand(1);
    for (int act = 0; act < 20000; act++) {
        unsigned address = (unsigned)rand() % 20;
        bool put_it = rand() % 2 == 0;
        bool expected = model_act(&m, put_it, address, now_sec);

        if (put_it)
            put(c, address, NAMED_NONE, "", now_sec, MODEL_SEC);
        else
            cr_assert_eq(holds(c, address, now_sec, NAMED_NONE, ""), expected);
        now_sec += (uint64_t)(rand() % 2);
    }
    cr_assert_eq(name_cache_count(c), MODEL_MAX);
    name_cache_free(c);
}
