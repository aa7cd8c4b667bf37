/* Connections counted by client network. */
#include "smtpd/clients.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct netaddr number(unsigned n)
{
    struct netaddr a = {.family = 4};

    a.octets[0] = (uint8_t)(n >> 8);
    a.octets[1] = (uint8_t)n;
    return a;
}

Test(clients, stops_a_network_at_its_limit_and_no_other)
{
    struct clients *c = clients_new(100);
    struct netaddr a = number(1), b = number(2);

    cr_assert(clients_enter(c, &a, 2));
    cr_assert(clients_enter(c, &a, 2));
    cr_assert_not(clients_enter(c, &a, 2));
    cr_assert(clients_enter(c, &b, 2));
    clients_leave(c, &a);
    cr_assert(clients_enter(c, &a, 2));
    cr_assert_not(clients_enter(c, &a, 2));
    clients_free(c);
}

Test(clients, agrees_with_plain_counting_over_random_comings_and_goings)
{
    static unsigned count[64];
    struct clients *c = clients_new(256);
    unsigned seed = 7, total = 0;

    for (int i = 0; i < 200000; i++) {
        unsigned n = (unsigned)rand_r(&seed) % 64;
        struct netaddr a = number(n);

        if (rand_r(&seed) % 2 && count[n] > 0) {
            clients_leave(c, &a);
            count[n]--;
            total--;
        } else if (total < 256) {
            bool entered = clients_enter(c, &a, 5);

            cr_assert_eq(entered, count[n] < 5);
            count[n] += entered;
            total += entered;
        }
    }
    clients_free(c);
}

Test(clients, holds_as_many_networks_as_connections)
{
    struct clients *c = clients_new(1000);

    for (unsigned i = 0; i < 1000; i++) {
        struct netaddr a = number(i);

        cr_assert(clients_enter(c, &a, 1), "%u", i);
    }
    for (unsigned i = 0; i < 1000; i++) {
        struct netaddr a = number(i);

        clients_leave(c, &a);
        cr_assert(clients_enter(c, &a, 1), "%u again", i);
    }
    clients_free(c);
}
