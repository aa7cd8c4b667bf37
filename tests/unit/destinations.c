/* Destinations: turns, limits, the dead (queue/destinations.c). */
#include "queue/destinations.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct destinations d;

static void setup(void)
{
    d = (struct destinations){.per_destination = 3, .conversations = 4};
}

static void teardown(void)
{
    destinations_release(&d);
}

TestSuite(destinations, .init = setup, .fini = teardown);

/* A recipient that is ready for a domain. */
static struct rcpt *ready(const char *domain)
{
    static struct rcpt pool[64];
    static size_t used;
    struct rcpt *r = &pool[used++];

    destinations_join(destinations_get(&d, domain), r);
    destinations_ready(&d, r);
    return r;
}

/* The same, of one that was reached before. */
static struct rcpt *ready_again(const char *domain)
{
    struct rcpt *r = ready(domain);

    if (!r->destination->proven) {
        destinations_alive(&d, r->destination);
        r->destination->limit = 1;
        destinations_line(&d, r->destination);
    }
    return r;
}

/* Whose turn it is, and takes its first recipient. */
static const char *turn(void)
{
    struct destination *x = destinations_turn(&d);

    if (x == NULL)
        return "";
    destinations_unready(&d, x->first);
    return x->name;
}

Test(destinations, take_turns)
{
    for (unsigned i = 0; i < 2; i++) {
        ready_again("a.example");
        ready_again("b.example");
        ready_again("c.example");
    }
    cr_expect_str_eq(turn(), "a.example");
    cr_expect_str_eq(turn(), "b.example");
    cr_expect_str_eq(turn(), "c.example");
    /* One conversation each, until one has gone well. */
    cr_expect_str_eq(turn(), "");
    destinations_alive(&d, destinations_get(&d, "b.example"));
    cr_expect_str_eq(turn(), "b.example");
}

Test(destinations, have_more_conversations_as_they_go_well_and_not_too_many)
{
    struct destination *x;
    size_t n = 0;

    for (unsigned i = 0; i < 10; i++)
        ready("a.example");
    x = destinations_get(&d, "a.example");
    for (unsigned i = 0; i < 10; i++)
        destinations_alive(&d, x);
    while (turn()[0] != '\0')
        n++;
    cr_expect_eq(n, 3);
    destinations_end(&d, x);
    cr_expect_str_eq(turn(), "a.example");
}

Test(destinations, fall_back_to_one_conversation_when_they_are_dead)
{
    struct destination *x;

    for (unsigned i = 0; i < 4; i++)
        ready("a.example");
    x = destinations_get(&d, "a.example");
    destinations_alive(&d, x);
    destinations_alive(&d, x);
    destinations_dead(&d, x, 1000, "4.4.1 refused");
    cr_expect(destinations_is_dead(x, 999));
    cr_expect_not(destinations_is_dead(x, 1000));
    cr_expect_str_eq(x->why, "4.4.1 refused");
    cr_expect_str_eq(turn(), "a.example");
    cr_expect_str_eq(turn(), "");
    destinations_alive(&d, x);
    cr_expect_null(x->why);
    cr_expect_str_eq(turn(), "a.example");
}

/* That many with this name and a number, which could not be reached. */
static void dead(const char *prefix, unsigned n)
{
    char name[32];

    for (unsigned i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "%s%u.example", prefix, i);
        ready(name);
        destinations_dead(&d, destinations_get(&d, name), 1, "away");
    }
}

Test(destinations, that_are_dead_have_a_third_of_the_conversations_at_most)
{
    d.conversations = 6;
    dead("dead", 20);
    ready_again("alive.example");
    cr_expect_str_eq(turn(), "dead0.example");
    cr_expect_str_eq(turn(), "dead1.example");
    cr_expect_str_eq(turn(), "alive.example");
    cr_expect_str_eq(turn(), "");
    destinations_end(&d, destinations_get(&d, "dead0.example"));
    cr_expect_str_eq(turn(), "dead2.example");
}

Test(destinations, that_are_dead_keep_no_new_one_waiting)
{
    dead("dead", 20);
    cr_expect_str_eq(turn(), "dead0.example");
    cr_expect_str_eq(turn(), "");
    ready("new.example");
    cr_expect_str_eq(turn(), "new.example");
    ready("another.example");
    cr_expect_str_eq(turn(), "", "all such together have half");
}

Test(destinations, that_are_new_do_not_keep_the_dead_waiting_for_ever)
{
    static const char *const unknown[] = {"x.example", "y.example",
                                          "z.example"};

    for (size_t i = 0; i < 3; i++)
        ready(unknown[i]);
    dead("dead", 2);
    cr_expect_str_eq(turn(), "dead0.example");
    cr_expect_str_eq(turn(), "x.example");
    cr_expect_str_eq(turn(), "");
}

Test(destinations, share_one_conversation_so_that_the_new_come_first)
{
    d.conversations = 2;
    dead("dead", 2);
    ready("new.example");
    cr_expect_str_eq(turn(), "new.example");
    cr_expect_str_eq(turn(), "");
}

Test(destinations, are_at_start_what_was_last_written_of_them)
{
    struct destination *a = ready("a.example")->destination;
    struct destination *b = ready("b.example")->destination;

    destinations_seen(&d, a, 10, false);
    destinations_seen(&d, a, 30, true);
    destinations_seen(&d, a, 20, false);
    destinations_seen(&d, b, 10, true);
    destinations_seen(&d, b, 20, false);
    cr_expect(a->proven);
    cr_expect_eq(a->failures, 0);
    cr_expect_not(b->proven);
    cr_expect_eq(b->failures, 1);
    cr_expect_str_eq(turn(), "b.example", "as one of the dead");
    cr_expect_str_eq(turn(), "a.example");
}

Test(destinations, that_were_never_reached_have_no_more_than_the_dead)
{
    static const char *const unknown[] = {"x.example", "y.example",
                                          "z.example"};

    for (size_t i = 0; i < 3; i++)
        ready(unknown[i]);
    cr_expect_str_eq(turn(), "x.example");
    cr_expect_str_eq(turn(), "y.example");
    cr_expect_str_eq(turn(), "", "half of them stay free");
    ready_again("known.example");
    cr_expect_str_eq(turn(), "known.example");
    /* One greets, and is unknown no more. */
    destinations_alive(&d, destinations_get(&d, "y.example"));
    cr_expect_str_eq(turn(), "z.example");
}

Test(destinations, that_were_reached_are_known_when_the_next_mail_comes)
{
    struct rcpt *r = ready_again("a.example");

    destinations_unready(&d, r);
    destinations_leave(&d, r);
    cr_assert_eq(d.n, 0);
    cr_expect(destinations_get(&d, "a.example")->proven);
    destinations_dead(&d, destinations_get(&d, "a.example"), 1, "away");
    destinations_join(destinations_get(&d, "a.example"), r);
    destinations_leave(&d, r);
    cr_assert_eq(d.n, 0);
    cr_expect_not(destinations_get(&d, "a.example")->proven);
}

Test(destinations, wait_while_their_hosts_are_asked_for)
{
    struct destination *x;

    ready("a.example");
    x = destinations_get(&d, "a.example");
    destinations_ask(&d, x);
    cr_expect_str_eq(turn(), "");
    destinations_answered(&d, x);
    cr_expect_str_eq(turn(), "a.example");
}

Test(destinations, stand_in_line_with_their_questions)
{
    struct destination *a, *b;

    ready("a.example");
    ready("b.example");
    a = destinations_get(&d, "a.example");
    b = destinations_get(&d, "b.example");
    destinations_ask(&d, a);
    destinations_ask(&d, b);
    cr_expect_eq(destinations_asks(&d), a);
    cr_expect_eq(destinations_asks(&d), b);
    cr_expect_null(destinations_asks(&d));
    destinations_ask_again(&d, a);
    cr_expect_eq(destinations_asks(&d), a);
    destinations_answered(&d, b);
    cr_expect_str_eq(turn(), "b.example");
}

Test(destinations, of_our_own_have_a_line_of_their_own)
{
    ready("home.example");
    destinations_get(&d, "home.example")->local = true;
    destinations_line(&d, destinations_get(&d, "home.example"));
    cr_expect_str_eq(turn(), "");
    cr_expect_str_eq(destinations_turn_local(&d)->name, "home.example");
}

Test(destinations, are_forgotten_with_their_last_recipient)
{
    struct rcpt *one = ready("a.example"), *two = ready("a.example");

    destinations_unready(&d, one);
    destinations_leave(&d, one);
    cr_expect_eq(d.n, 1);
    destinations_unready(&d, two);
    destinations_leave(&d, two);
    cr_expect_eq(d.n, 0);
    cr_expect_null(d.line[0].first);
}

Test(destinations, survive_anything_in_any_order)
{
    enum { N = 300 };
    static struct rcpt rcpts[N];
    struct destination *busy[64];
    size_t nbusy = 0;
    char name[32];

    srandom(3);
    for (unsigned step = 0; step < 200000; step++) {
        struct rcpt *r = &rcpts[random() % N];
        struct destination *x;

        switch (random() % 6) {
        case 0:
            if (r->destination == NULL) {
                snprintf(name, sizeof(name), "d%ld", random() % 40);
                destinations_join(destinations_get(&d, name), r);
                destinations_ready(&d, r);
            }
            break;
        case 1:
            if (r->destination != NULL) {
                if (r->phase == PHASE_READY)
                    destinations_unready(&d, r);
                destinations_leave(&d, r);
            }
            break;
        case 2:
            if (nbusy < 4 && (x = destinations_turn(&d)) != NULL) {
                cr_assert_not_null(x->first);
                cr_assert_leq(x->active, 3);
                destinations_unready(&d, x->first);
                busy[nbusy++] = x;
            }
            break;
        case 3:
            if (nbusy > 0)
                destinations_end(&d, busy[--nbusy]);
            break;
        case 4:
            if (nbusy > 0)
                destinations_dead(&d, busy[nbusy - 1], step, "why");
            break;
        default:
            if (nbusy > 0)
                destinations_alive(&d, busy[nbusy - 1]);
        }
        cr_assert_leq(d.suspects, nbusy);
    }
}

/* Hold, or removal, of all that waits for one domain. */
Test(destinations, let_any_out_of_a_long_line_at_once, .timeout = 10)
{
    enum { N = 100000 };
    struct rcpt *r = calloc(N, sizeof(*r)), **order = calloc(N, sizeof(*order));

    for (size_t i = 0; i < N; i++) {
        size_t j = (size_t)random() % (i + 1);

        order[i] = order[j];
        order[j] = &r[i];
        destinations_join(destinations_get(&d, "a.example"), &r[i]);
        destinations_ready(&d, &r[i]);
    }
    for (size_t i = 0; i < N; i++)
        destinations_unready(&d, order[i]);
    cr_expect_null(destinations_get(&d, "a.example")->first);
    cr_expect_null(destinations_get(&d, "a.example")->last);
    free(r);
    free(order);
}
