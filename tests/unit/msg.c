/* Messages: the table that says what is legal, and payloads. */
#include "lib/msg.h"

#include <criterion/criterion.h>
#include <string.h>

Test(msg, has_a_whole_row_for_every_type)
{
    for (unsigned t = 0; t < MSG_COUNT; t++) {
        const struct msg_rule *r = &msg_table[t];

        cr_assert_not_null(r->name, "type %u", t);
        cr_assert(r->from != 0 && r->to != 0 && r->phase != 0);
        cr_assert(r->min <= r->max && r->max <= MSG_PAYLOAD, "%s", r->name);
        for (unsigned p = 0; p < PROGRAM_COUNT; p++)
            cr_assert(
                msg_illegal(t, p, p, PHASE_ANY, r->min, r->fd == FD_ALWAYS),
                "%s: %s to itself", r->name, program_name(p));
    }
}

Test(msg, lets_smtpd_say_only_ten_things)
{
    unsigned can = 0;

    for (unsigned t = 0; t < MSG_COUNT; t++)
        for (unsigned to = 0; to < PROGRAM_COUNT; to++)
            if (to != PROGRAM_PARENT &&
                msg_illegal(t, PROGRAM_SMTPD, to, PHASE_RUNNING,
                            msg_table[t].min, false) == NULL)
                can++;
    cr_assert_eq(
        can, 10,
        "NAME, CHECK, OPEN, JUDGE, SPOOL, SIGN, and COMMIT and ABORT to two; "
        "not %u",
        can);
}

Test(msg, refuses_each_thing_that_is_out_of_its_row)
{
    enum program s = PROGRAM_SMTPD, d = PROGRAM_DELIVER;

    cr_assert_null(msg_illegal(MSG_COMMIT, s, d, PHASE_RUNNING, 8, false));
    cr_assert(msg_illegal(MSG_COMMIT, d, s, PHASE_RUNNING, 8, false));
    cr_assert(
        msg_illegal(MSG_COMMIT, s, PROGRAM_RESOLVER, PHASE_RUNNING, 8, false));
    cr_assert(msg_illegal(MSG_COMMIT, s, d, PHASE_SETUP, 8, false));
    cr_assert(msg_illegal(MSG_COMMIT, s, d, PHASE_RUNNING, 7, false));
    cr_assert(msg_illegal(MSG_COMMIT, s, d, PHASE_RUNNING, 9, false));
    cr_assert(msg_illegal(MSG_COMMIT, s, d, PHASE_RUNNING, 8, true));
    cr_assert(
        msg_illegal(MSG_LISTEN, PROGRAM_PARENT, s, PHASE_SETUP, 4, false));
    cr_assert(msg_illegal(MSG_COUNT, s, d, PHASE_RUNNING, 8, false));
    cr_assert(msg_illegal(65535, s, d, PHASE_RUNNING, 8, false));
}

static struct msg_out out;

Test(msg, reads_back_what_was_written)
{
    struct msg_in in;
    uint32_t a;
    uint64_t b;
    char text[8];

    msg_reset(&out);
    msg_put_u32(&out, 7);
    msg_put_str(&out, "seven");
    msg_put_u64(&out, 1ull << 40);
    in = (struct msg_in){.data = out.data, .left = out.len};
    cr_assert(msg_get_u32(&in, &a) && a == 7);
    cr_assert(msg_get_str(&in, text, sizeof(text)));
    cr_assert_str_eq(text, "seven");
    cr_assert_not(msg_done(&in));
    cr_assert(msg_get_u64(&in, &b) && b == 1ull << 40);
    cr_assert(msg_done(&in));
}

Test(msg, gives_empty_values_for_a_short_payload_and_stays_failed)
{
    struct msg_in in = {.data = (const unsigned char *)"\xff\xff"
                                                       "abc",
                        .left = 5};
    char text[64] = "before";
    uint32_t v = 9;

    cr_assert_not(msg_get_str(&in, text, sizeof(text)));
    cr_assert_str_eq(text, "");
    cr_assert_not(msg_get_u32(&in, &v));
    cr_assert_eq(v, 0);
    cr_assert_not(msg_done(&in));
}

Test(msg, refuses_a_string_that_does_not_fit_or_holds_a_nul)
{
    char text[4];
    struct msg_in in = {.data = (const unsigned char *)"\4\0abcd", .left = 6};

    cr_assert_not(msg_get_str(&in, text, sizeof(text)));
    in = (struct msg_in){.data = (const unsigned char *)"\3\0a\0b", .left = 5};
    cr_assert_not(msg_get_str(&in, text, sizeof(text)));
}

Test(msg, marks_a_payload_that_is_too_long)
{
    static char big[MSG_PAYLOAD];

    msg_reset(&out);
    msg_put_mem(&out, big, sizeof(big));
    cr_assert_not(out.overflow);
    msg_put_u32(&out, 1);
    cr_assert(out.overflow);
    cr_assert_eq(out.len, MSG_PAYLOAD);
}
