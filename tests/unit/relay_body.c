/* A stored message on the wire: line ends, dots, and what would smuggle. */
#include "queue/relay_body.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct row {
    const char *stored;
    const char *dots;   /* as DATA has it, without the final dot */
    const char *chunks; /* as BDAT has it; NULL: the same */
} rows[] = {
    {"", "", NULL},
    {"a\n", "a\r\n", NULL},
    {"a", "a\r\n", NULL},
    {"\n", "\r\n", NULL},
    {"a\r\n", "a\r\n", NULL},
    {"a\r\nb\n", "a\r\nb\r\n", NULL},
    {".\n", "..\r\n", ".\r\n"},
    {".", "..\r\n", ".\r\n"},
    {"..\n", "...\r\n", "..\r\n"},
    {"a\n.b\n", "a\r\n..b\r\n", "a\r\n.b\r\n"},
    {"a.\n", "a.\r\n", NULL},
    {"a\rb\n", "a b\r\n", NULL},
    {"a\r.\r\n", "a .\r\n", NULL},
    {"a\n\r.\n", "a\r\n .\r\n", NULL},
    {"a\r\r\n", "a \r\n", NULL},
    {"a\r", "a\r\n", NULL},
    {"\r", "\r\n", NULL},
    {"\n\n", "\r\n\r\n", NULL},
    {"\n.\n.\n", "\r\n..\r\n..\r\n", "\r\n.\r\n.\r\n"},
};

static size_t encode(const char *in, size_t step, bool dots, char *out)
{
    struct relay_body b;
    size_t len = strlen(in), n = 0, at = 0;

    relay_body_init(&b, dots);
    do {
        size_t piece = len - at < step ? len - at : step;
        size_t got =
            relay_body_encode(&b, in + at, piece, at + piece == len, out + n);

        cr_assert_leq(got, RELAY_BODY_MAX(piece));
        n += got;
        at += piece;
    } while (at < len);
    out[n] = '\0';
    return n;
}

Test(relay_body, encodes_each_of_these_in_pieces_of_any_length)
{
    char out[256];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t step = 1; step < 8; step++) {
            const struct row *r = &rows[i];

            encode(r->stored, step, true, out);
            cr_assert_str_eq(out, r->dots, "row %zu: %s", i, out);
            encode(r->stored, step, false, out);
            cr_assert_str_eq(out, r->chunks != NULL ? r->chunks : r->dots,
                             "row %zu: %s", i, out);
        }
}

/* All strings of up to seven of the octets that matter. */
Test(relay_body, never_sends_a_bare_cr_or_lf_nor_an_end_of_data)
{
    static const char octets[] = "\r\n.a";
    char in[8], out[64];

    for (unsigned n = 0; n < 1u << 14; n++) {
        for (unsigned i = 0; i < 7; i++)
            in[i] = octets[n >> 2 * i & 3];
        in[7] = '\0';
        encode(in, 1 + n % 3, true, out);
        for (char *c = out; *c != '\0'; c++) {
            cr_assert(*c != '\r' || c[1] == '\n');
            cr_assert(*c != '\n' || (c > out && c[-1] == '\r'));
        }
        cr_assert_null(strstr(out, "\r\n.\r\n"));
        cr_assert(strncmp(out, ".\r\n", 3) != 0);
        cr_assert_eq(strcmp(out + strlen(out) - 2, "\r\n"), 0);
    }
}
