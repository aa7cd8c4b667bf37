/* The store as text, and back. */
#include "greylist/dump.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define T0 1700000000

static char dir[64], err[256], said[4096];
static struct store *store;

static void begin(void)
{
    strcpy(dir, "/tmp/tarry-dump-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    store = store_open(dir, 4u << 20, err, sizeof(err));
    cr_assert_not_null(store, "%s", err);
}

static void end(void)
{
    char command[128];

    store_close(store);
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(dump, .init = begin, .fini = end, .timeout = 60);

static void hear(const char *text, void *arg)
{
    (void)arg;
    strncat(said, text, sizeof(said) - strlen(said) - 2);
    strcat(said, "\n");
}

static struct load load_text(const char *text, int expected)
{
    struct load l = {.name = "f", .mistake = hear};
    FILE *in = fmemopen((void *)text, strlen(text), "r");

    said[0] = '\0';
    cr_assert_not_null(in);
    cr_expect_eq(load_file(&l, store, in), expected);
    fclose(in);
    return l;
}

/* The whole dump, written by so many records a step; to be freed. */
static char *dump_text(unsigned step)
{
    struct dump d = {0};
    size_t size;
    char *text;
    FILE *out = open_memstream(&text, &size);
    int more;

    while ((more = dump_write(&d, store, out, step)) == 1)
        continue;
    cr_expect_eq(more, 0);
    fclose(out);
    return text;
}

#define DUMP                                                             \
    "tarry-greylist-dump 1\n"                                            \
    "triplet 192.0.2.0/24 <> r@example.org 1700000000 1700000300 "       \
    "1700000300 1 1\n"                                                   \
    "triplet example.com a%20%25%0A%C3%A4@b.c r@example.org 1700000000 " \
    "1700000000 0 4294967295 0\n"                                        \
    "client example.com 1700000300 5\n"                                  \
    "end 2 1\n"

Test(dump, of_nothing_is_a_header_and_an_end)
{
    char *text = dump_text(10);

    cr_expect_str_eq(text, "tarry-greylist-dump 1\nend 0 0\n");
    free(text);
}

Test(dump, loads_what_it_writes_and_writes_what_it_loads)
{
    struct load l = load_text(DUMP, 0);
    struct client_record c;
    struct record r;
    char *text;

    cr_expect_str_eq(said, "");
    cr_expect_eq(l.loaded[STORE_TRIPLETS], 2);
    cr_expect_eq(l.loaded[STORE_CLIENTS], 1);
    cr_assert_eq(store_read(store, "example.com", "a %\n\xc3\xa4@b.c",
                            "r@example.org", &r, &c),
                 0);
    cr_expect_eq(r.refused, UINT32_MAX);
    cr_expect_eq(c.passed, 5);
    for (unsigned step = 1; step < 4; step++) {
        text = dump_text(step);
        cr_expect_str_eq(text, DUMP);
        free(text);
    }
}

Test(dump, takes_letters_that_are_not_escaped)
{
    static const char text[] =
        DUMP_HEADER "\ntriplet x \xc3\xa4@b c@d 5 5 0 1 0\nend 1 0\n";
    struct client_record c;
    struct record r;

    (void)load_text(text, 0);
    cr_assert_eq(store_read(store, "x", "\xc3\xa4@b", "c@d", &r, &c), 0);
    cr_expect_eq(r.first, 5);
}

Test(dump, loaded_twice_is_loaded_once)
{
    struct load l;
    char *text;

    (void)load_text(DUMP, 0);
    l = load_text(DUMP, 0);
    cr_expect_eq(l.loaded[STORE_TRIPLETS] + l.loaded[STORE_CLIENTS], 0);
    cr_expect_eq(l.older, 3);
    text = dump_text(10);
    cr_expect_str_eq(text, DUMP);
    free(text);
}

Test(dump, does_not_replace_a_record_that_was_used_later)
{
    struct record r = {T0, T0 + 9999, 0, 7, 7};
    struct client_record c = {T0 + 9999, 9};

    cr_assert_eq(store_write(store, "example.com", "a %\n\xc3\xa4@b.c",
                             "r@example.org", &r, &c),
                 0);
    (void)load_text(DUMP, 0);
    cr_assert_eq(store_read(store, "example.com", "a %\n\xc3\xa4@b.c",
                            "r@example.org", &r, &c),
                 0);
    cr_expect_eq(r.refused, 7);
    cr_expect_eq(c.passed, 9);
}

/* One server may know as a regular whom another has just seen first. */
Test(dump, makes_no_regular_wait_again)
{
    static const char head[] = DUMP_HEADER "\n", end[] = "end 1 0\n";
    static const struct record waiting = {T0 + 50, T0 + 60, 0, 2, 0};
    struct client_record c;
    struct record r;
    char text[512];

    cr_assert_eq(store_write(store, "x", "a@b", "c@d", &waiting, NULL), 0);
    snprintf(text, sizeof(text), "%striplet x a@b c@d %d %d %d 1 3\n%s", head,
             T0, T0 + 40, T0 + 10, end);
    cr_expect_eq(load_text(text, 0).loaded[STORE_TRIPLETS], 1);
    cr_assert_eq(store_read(store, "x", "a@b", "c@d", &r, &c), 0);
    cr_expect_eq(r.passed, T0 + 10);
    snprintf(text, sizeof(text), "%striplet x a@b c@d %d %d 0 2 0\n%s", head,
             T0 + 50, T0 + 60, end);
    cr_expect_eq(load_text(text, 0).older, 1);
    cr_assert_eq(store_read(store, "x", "a@b", "c@d", &r, &c), 0);
    cr_expect_eq(r.passed, T0 + 10);
}

Test(dump, refuses_what_is_no_dump_or_of_another_version)
{
    (void)load_text("root:x:0:0:\n" DUMP, 1);
    cr_expect_str_eq(said, "f:1: the first line is not \"tarry-greylist-dump "
                           "1\": no dump, or of another version\n");
    (void)load_text("tarry-greylist-dump 2\n", 1);
    cr_expect_neq(said[0], '\0');
    (void)load_text("", 0);
    cr_expect_str_eq(said, "f:0: the end is missing: the file is not whole\n");
}

Test(dump, names_the_line_of_a_mistake_and_goes_on)
{
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"tripled a b c 1 1 0 1 0",
         "\"tripled\" is neither triplet, client nor end"},
        {"triplet a b c 1 1 0 1", "triplet: 8 words instead of 9"},
        {"triplet a b c 1 1 0 1 0 0", "triplet: 10 words instead of 9"},
        {"triplet a b c 1 1 0 1 x", "triplet: \"x\" is no number"},
        {"triplet a b c 1 1 0 1 -1", "triplet: \"-1\" is no number"},
        {"triplet a b c 1 1 0 1 4294967296",
         "triplet: \"4294967296\" is no number"},
        {"triplet a b c 1 1 0 1 99999999999999999999999",
         "triplet: \"99999999999999999999999\" is no number"},
        {"triplet a b c 0 1 0 1 0", "triplet: its times are out of order"},
        {"triplet a b c 2 1 0 1 0", "triplet: its times are out of order"},
        {"triplet a b c 1 1 2 1 0", "triplet: its times are out of order"},
        {"triplet a%2 b c 1 1 0 1 0",
         "triplet: a text is too long or badly escaped"},
        {"triplet a%00 b c 1 1 0 1 0",
         "triplet: a text is too long or badly escaped"},
        {"client a 1", "client: 3 words instead of 4"},
        {"client a 1 1x", "client: \"1x\" is no number"},
        {"client a 1 \x1b[2J\xc2\x9bx", "client: \"?[2J??x\" is no number"},
    };
    char text[512], message[512];

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct load l;

        snprintf(text, sizeof(text),
                 "tarry-greylist-dump 1\n# a remark\n%s\n\n"
                 "client n%zu 5 5\nend 0 1\n",
                 cases[i].line, i);
        snprintf(message, sizeof(message), "f:3: %s\n", cases[i].message);
        l = load_text(text, 0);
        cr_expect_str_eq(said, message);
        cr_expect_eq(l.mistakes, 1);
        cr_expect_eq(l.loaded[STORE_CLIENTS], 1, "does not go on");
    }
}

Test(dump, refuses_texts_that_no_key_can_hold)
{
    static char text[3 * DUMP_LINE], name[DUMP_LINE];

    memset(name, 'a', STORE_ADDRESS);
    snprintf(text, sizeof(text),
             "tarry-greylist-dump 1\ntriplet a %s b 1 1 0 1 0\nend 0 0\n",
             name);
    (void)load_text(text, 0);
    cr_expect_str_eq(said,
                     "f:2: triplet: a text is too long or badly escaped\n");
    name[STORE_ADDRESS - 1] = '\0';
    snprintf(text, sizeof(text),
             "tarry-greylist-dump 1\ntriplet a %s %s 1 1 0 1 0\nend 1 0\n",
             name, name);
    (void)load_text(text, 0);
    cr_expect_str_eq(said, "");
    memset(name, 'a', sizeof(name) - 1);
    snprintf(text, sizeof(text), "tarry-greylist-dump 1\n%s %s\nend 0 0\n",
             name, name);
    (void)load_text(text, 0);
    cr_expect_str_eq(said, "f:2: too long, or with a NUL\n");
}

Test(dump, notices_that_its_end_is_missing_or_wrong)
{
    (void)load_text("tarry-greylist-dump 1\nclient a 5 5\n", 0);
    cr_expect_str_eq(said, "f:2: the end is missing: the file is not whole\n");
    (void)load_text("tarry-greylist-dump 1\nclient a 5 5\nend 0 2\n", 0);
    cr_expect_str_eq(said, "f:3: there should have been 0 triplets and 2 "
                           "clients, there were 0 and 1\n");
    (void)load_text("tarry-greylist-dump 1\nend 0 0\nclient a 5 5\n", 0);
    cr_expect_str_eq(said, "f:3: something follows the end\n");
}

Test(dump, takes_a_last_line_without_an_end_of_line)
{
    (void)load_text("tarry-greylist-dump 1\nclient a 5 5\nend 0 1", 0);
    cr_expect_str_eq(said, "");
}
