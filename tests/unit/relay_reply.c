/* Replies of servers: what is one, what is none, and what is kept of it. */
#include "queue/relay_reply.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

static struct reply r;

/* Feeds in pieces of step octets; *used is how many were taken in all. */
static enum reply_status feed(const char *text, size_t len, size_t step,
                              size_t *used)
{
    enum reply_status s = REPLY_MORE;

    reply_reset(&r);
    *used = 0;
    while (s == REPLY_MORE && *used < len) {
        size_t n = len - *used < step ? len - *used : step, took;

        s = reply_read(&r, text + *used, n, &took);
        *used += took;
    }
    return s;
}

static const struct row {
    const char *wire;
    enum reply_status status;
    unsigned code;
    const char *text;
} rows[] = {
    {"250 ok\r\n", REPLY_DONE, 250, "250 ok"},
    {"250 ok\n", REPLY_DONE, 250, "250 ok"},
    {"250\r\n", REPLY_DONE, 250, "250"},
    {"250 \r\n", REPLY_DONE, 250, "250 "},
    {"250-a\r\n250-b\r\n250 c\r\n", REPLY_DONE, 250, "250-a\n250-b\n250 c"},
    {"250-a\r\n250\r\n", REPLY_DONE, 250, "250-a\n250"},
    {"553-", REPLY_MORE, 0, ""},
    {"553-\r\n", REPLY_MORE, 553, "553-"},
    {"55", REPLY_MORE, 0, ""},
    {"", REPLY_MORE, 0, ""},
    {"250 a\rb\r\r\n", REPLY_DONE, 250, "250 a?b?"},
    {"250 \x7f\x1b\xff\t.\r\n", REPLY_DONE, 250, "250 ????."},
    {"250-a\r\n251 b\r\n", REPLY_BAD, 0, NULL},
    {"199 a\r\n", REPLY_BAD, 0, NULL},
    {"600 a\r\n", REPLY_BAD, 0, NULL},
    {"2x0 a\r\n", REPLY_BAD, 0, NULL},
    {"25\r\n", REPLY_BAD, 0, NULL},
    {"2500 a\r\n", REPLY_BAD, 0, NULL},
    {"250a\r\n", REPLY_BAD, 0, NULL},
    {"\r\n", REPLY_BAD, 0, NULL},
    {"\n", REPLY_BAD, 0, NULL},
    {" 250 a\r\n", REPLY_BAD, 0, NULL},
    {"250-a\r\nb\r\n", REPLY_BAD, 0, NULL},
    {"250-a\r\n\r\n", REPLY_BAD, 0, NULL},
    {"GET / HTTP/1.0\r\n", REPLY_BAD, 0, NULL},
};

Test(relay_reply, reads_each_of_these_whole_and_octet_by_octet)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t step = 1; step <= 64; step += 63) {
            const struct row *row = &rows[i];
            size_t used;

            cr_assert_eq(feed(row->wire, strlen(row->wire), step, &used),
                         row->status, "%s", row->wire);
            if (row->status == REPLY_BAD) {
                cr_assert_not_null(r.bad);
                continue;
            }
            cr_assert_eq(r.code, row->code, "%s", row->wire);
            cr_assert_str_eq(r.text, row->text);
            cr_assert_eq(r.len, strlen(r.text));
        }
}

Test(relay_reply, takes_a_nul_for_text)
{
    size_t used;

    cr_assert_eq(feed("250 a\0b\r\n", 9, 64, &used), REPLY_DONE);
    cr_assert_str_eq(r.text, "250 a?b");
}

Test(relay_reply, stops_behind_the_reply)
{
    size_t used;

    cr_assert_eq(feed("250 a\r\n354 b\r\n", 14, 64, &used), REPLY_DONE);
    cr_assert_eq(used, 7);
    cr_assert_eq(r.code, 250);
}

Test(relay_reply, is_ready_for_the_next_after_a_reset)
{
    size_t used;

    feed("250-a\r\n250 b\r\n", 14, 64, &used);
    cr_assert_eq(feed("550 c\r\n", 7, 64, &used), REPLY_DONE);
    cr_assert_str_eq(r.text, "550 c");
    cr_assert_eq(r.lines, 1);
}

Test(relay_reply, takes_a_line_of_2047_octets_and_none_of_2048)
{
    char *line = malloc(4096);
    size_t used;

    memset(line, 'x', 4096);
    memcpy(line, "250 ", 4);
    memcpy(line + 2045, "\r\n", 2);
    cr_assert_eq(feed(line, 2047, 100, &used), REPLY_DONE);
    cr_assert_eq(r.len, 2045);
    memset(line + 2045, 'x', 100);
    cr_assert_eq(feed(line, 4096, 100, &used), REPLY_BAD);
    cr_assert_leq(used, 2100, "it reads on: %zu", used);
    free(line);
}

Test(relay_reply, takes_128_lines_and_not_129)
{
    char *text = malloc(8 * 200);
    size_t used;

    for (int i = 0; i < 200; i++)
        memcpy(text + 8 * i, "250-ab\r\n", 8);
    text[8 * 127 + 3] = ' ';
    cr_assert_eq(feed(text, 8 * 128, 1000, &used), REPLY_DONE);
    cr_assert_eq(r.lines, 128);
    text[8 * 127 + 3] = '-';
    cr_assert_eq(feed(text, 8 * 200, 1000, &used), REPLY_BAD);
    cr_assert_eq(used, 8 * 129);
    free(text);
}

Test(relay_reply, drops_whole_lines_of_what_is_too_long_to_keep)
{
    char *text = malloc(8000);
    size_t used;

    for (int i = 0; i < 4; i++) {
        memset(text + 2000 * i, 'a' + i, 2000);
        memcpy(text + 2000 * i, i < 3 ? "550-" : "550 ", 4);
        memcpy(text + 2000 * i + 1998, "\r\n", 2);
    }
    cr_assert_eq(feed(text, 8000, 777, &used), REPLY_DONE);
    cr_assert_eq(r.code, 550);
    cr_assert_eq(r.len, 2 * 1998 + 1);
    cr_assert_eq(r.text[r.len - 1], 'b');
    free(text);
}

Test(relay_reply, gives_its_lines_without_their_codes)
{
    const char *text;
    size_t len, used;

    feed("250-mx\r\n250-SIZE 10\r\n250-\r\n250\r\n", 33, 64, &used);
    cr_assert(reply_line(&r, 0, &text, &len) && len == 2);
    cr_assert(reply_line(&r, 1, &text, &len) && len == 7 &&
              memcmp(text, "SIZE 10", 7) == 0);
    cr_assert(reply_line(&r, 2, &text, &len) && len == 0);
    cr_assert(reply_line(&r, 3, &text, &len) && len == 0);
    cr_assert_not(reply_line(&r, 4, &text, &len));
}

Test(relay_reply, finds_the_enhanced_code_of_the_same_class_only)
{
    static const struct {
        const char *wire;
        bool found;
    } codes[] = {
        {"550 5.1.1 no\r\n", true},       {"550 5.10.123 no\r\n", true},
        {"550 4.1.1 no\r\n", false},      {"550 no 5.1.1\r\n", false},
        {"550 5.1\r\n", false},           {"550 5..1 x\r\n", false},
        {"550 5.1234.1 x\r\n", false},    {"550\r\n", false},
        {"450-4.7.1\r\n450 x\r\n", true},
    };
    size_t used;

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        feed(codes[i].wire, strlen(codes[i].wire), 64, &used);
        cr_assert_eq(reply_enhanced(&r) != NULL, codes[i].found, "%s",
                     codes[i].wire);
    }
}
