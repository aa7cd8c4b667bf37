/* Message data: line ends, dots, the end, and what smuggles. */
#include "smtpd/body.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *wire;
    const char *stored;
    bool end, bad;
};

/* Feeds in pieces of at most step octets; returns whether the end came. */
static bool decode(struct body *b, const char *wire, size_t len, size_t step,
                   char *out, size_t *out_len, size_t *used)
{
    bool end = false;

    *used = *out_len = 0;
    while (*used < len && !end) {
        char piece[512];
        size_t n = len - *used < step ? len - *used : step, took, stored;

        memcpy(piece, wire + *used, n);
        end = body_decode(b, piece, n, &took, &stored);
        memcpy(out + *out_len, piece, stored);
        *out_len += stored;
        *used += took;
    }
    return end;
}

static const struct row rows[] = {
    {"a\r\n.\r\n", "a\n", true, false},
    {".\r\n", "", true, false},
    {"\r\n.\r\n", "\n", true, false},
    {"..\r\n.\r\n", ".\n", true, false},
    {"...a\r\n.\r\n", "..a\n", true, false},
    {".a\r\n.\r\n", "a\n", true, false},
    {"a.\r\nb.c\r\n.\r\n", "a.\nb.c\n", true, false},
    {"a\r\n.\r\nQUIT\r\n", "a\n", true, false},
    {"a\n.\n", NULL, false, true},
    {"a\n.\r\n", NULL, false, true},
    {"a\r\n.\nb\r\n", NULL, false, true},
    {"a\r.\r\n", NULL, false, true},
    {"a\r\n.\rb\r\n", NULL, false, true},
    {"a\r\n.\r\r\n", NULL, false, true},
    {"a\r\r\n.\r\n", NULL, true, true},
    {"a\nb\r\n.\r\n", NULL, true, true},
    {"a\rb\r\n.\r\n", NULL, true, true},
    {"a\r\n\n.\r\n.\r\n", NULL, true, true},
};

Test(body, decodes_the_same_in_one_piece_and_in_any_pieces)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];

        for (size_t step = 1; step <= strlen(r->wire); step++) {
            struct body b;
            char out[64];
            size_t len, used;

            body_init(&b, true);
            cr_assert_eq(
                decode(&b, r->wire, strlen(r->wire), step, out, &len, &used),
                r->end, "row %zu, pieces of %zu", i, step);
            cr_assert_eq(b.bad, r->bad, "row %zu, pieces of %zu", i, step);
            if (r->stored != NULL) {
                cr_assert_eq(len, strlen(r->stored), "row %zu", i);
                cr_assert_arr_eq(out, r->stored, len);
            }
        }
    }
}

Test(body, leaves_what_follows_the_end_to_be_read_as_commands)
{
    struct body b;
    char buf[] = "a\r\n.\r\nQUIT\r\n";
    size_t used, stored;

    body_init(&b, true);
    cr_assert(body_decode(&b, buf, strlen(buf), &used, &stored));
    cr_assert_str_eq(buf + used, "QUIT\r\n");
}

Test(body, finds_nul_bad)
{
    struct body b;
    char buf[] = "a\0b\r\n.\r\n";
    size_t used, stored;

    body_init(&b, true);
    cr_assert(body_decode(&b, buf, sizeof(buf) - 1, &used, &stored));
    cr_assert(b.bad);
}

Test(body, counts_octets_as_rfc_1870_does)
{
    struct body b;
    char buf[] = "..a\r\n\r\n.\r\n"; /* ".a" CRLF CRLF */
    size_t used, stored;

    body_init(&b, true);
    body_decode(&b, buf, strlen(buf), &used, &stored);
    cr_assert_eq(b.octets, 6, "%llu", (unsigned long long)b.octets);
}

Test(body, counts_received_fields_in_the_header_only)
{
    static const char wire[] = "Received: a\r\nX: b\r\n\treceived: no\r\n"
                               "RECEIVED:c\r\nReceived-SPF: no\r\n\r\n"
                               "Received: body\r\n.\r\n";

    for (size_t step = 1; step < 40; step++) {
        struct body b;
        char out[256];
        size_t len, used;

        body_init(&b, true);
        decode(&b, wire, strlen(wire), step, out, &len, &used);
        cr_assert_eq(b.received, 2, "%u in pieces of %zu", b.received, step);
    }
}

Test(body, keeps_dots_in_chunks_and_finds_their_last_bare_cr)
{
    struct body b;
    char buf[] = ".\r\n.a\r\n\r";
    size_t used, stored;

    body_init(&b, false);
    cr_assert_not(body_decode(&b, buf, strlen(buf), &used, &stored));
    cr_assert_eq(used, 8);
    cr_assert_arr_eq(buf, ".\n.a\n", 5);
    cr_assert_not(b.bad);
    body_finish(&b);
    cr_assert(b.bad);
}

/* A slow and obvious decoder, to compare with. */
static size_t model(const char *in, size_t len, char *out, bool *bad, bool *end)
{
    size_t n = 0, start = 0;

    *bad = *end = false;
    for (size_t i = 0; i < len; i++) {
        bool crlf = i > 0 && in[i] == '\n' && in[i - 1] == '\r';

        if (in[i] == '\0' || (in[i] == '\n' && !crlf) ||
            (in[i] == '\r' && i + 1 < len && in[i + 1] != '\n'))
            *bad = true;
        if (!crlf)
            continue;
        if (i - start == 2 && in[start] == '.') {
            *end = true;
            return n;
        }
        start += in[start] == '.';
        memcpy(out + n, in + start, i - 1 - start);
        n += i - 1 - start;
        out[n++] = '\n';
        start = i + 1;
    }
    return n;
}

Test(body, agrees_with_a_simple_decoder_on_random_octets)
{
    static const char alphabet[] = "\r\n.a\r\n.b";
    unsigned seed = 20061021;

    for (int round = 0; round < 50000; round++) {
        char wire[40], out[64], expected[64];
        size_t len = (size_t)(rand_r(&seed) % 40), n, m, used;
        bool bad, end, ended;
        struct body b;

        for (size_t i = 0; i < len; i++)
            wire[i] = alphabet[rand_r(&seed) % 8];
        m = model(wire, len, expected, &bad, &end);
        body_init(&b, true);
        ended = decode(&b, wire, len, 1 + rand_r(&seed) % 7, out, &n, &used);
        cr_assert_eq(ended, end);
        if (end)
            cr_assert_eq(b.bad, bad, "round %d", round);
        if (end && !bad) {
            cr_assert_eq(n, m, "round %d", round);
            cr_assert_arr_eq(out, expected, n);
        }
    }
}
