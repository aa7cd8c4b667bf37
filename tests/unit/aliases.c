/* The aliases file: what is read, what is refused, which loops are found. */
#include "queue/aliases.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char a_example[] = "a.example", b_example[] = "b.example";
static char *ours[] = {a_example, b_example};
static const struct strings domains = {ours, 2};
static char err[4096];

static struct aliases *parse(const char *text)
{
    return aliases_parse("aliases", text, strlen(text), &domains, "+", err,
                         sizeof(err));
}

/* "local@domain local@domain" of the alias that answers, or "-". */
static const char *answer(const struct aliases *a, const char *local,
                          const char *domain)
{
    static char out[512];
    const struct alias *found = aliases_find(a, local, domain);

    if (found == NULL)
        found = aliases_catch_all(a, domain);
    if (found == NULL)
        return "-";
    out[0] = '\0';
    for (size_t i = 0; i < found->ntargets; i++) {
        const struct alias_target *t = &found->targets[i];

        snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s@%s",
                 i > 0 ? " " : "", t->local, t->domain);
    }
    return out;
}

Test(aliases, answer_for_names_and_domains)
{
    static const struct {
        const char *text, *local, *domain, *expect;
    } cases[] = {
        {"joe@a.example: ann@b.example", "joe", "a.example", "ann@b.example"},
        {"joe@a.example: ann@b.example", "joe", "b.example", "-"},
        {"joe@A.Example.: ann@B.EXAMPLE", "joe", "a.example", "ann@b.example"},
        {"Joe@a.example: Ann", "jOE", "a.example", "Ann@"},
        {"root: joe", "root", "a.example", "joe@"},
        {"root: joe", "root", "b.example", "joe@"},
        {"root: x\nroot@b.example: y", "root", "b.example", "y@"},
        {"root: x\nroot@b.example: y", "root", "a.example", "x@"},
        {"joe: a, b ,c", "joe", "a.example", "a@ b@ c@"},
        {"joe: a,\n b\n\t c, d", "joe", "a.example", "a@ b@ c@ d@"},
        {"joe: a\n\n# x\n  # y\n b", "joe", "a.example", "a@ b@"},
        {"joe: a # the rest, all of it", "joe", "a.example", "a@"},
        {"joe: a#b", "joe", "a.example", "a#b@"},
        {"joe : a\r\n", "joe", "a.example", "a@"},
        {"joe: \"a, b: #c\"@b.example", "joe", "a.example",
         "a, b: #c@b.example"},
        {"\"j:e\"@a.example: ann", "j:e", "a.example", "ann@"},
        {"@b.example: joe@a.example", "any", "b.example", "joe@a.example"},
        {"@b.example: joe@a.example", "any", "a.example", "-"},
        {"@b.example: x\njoe: y", "joe", "b.example", "y@"},
        {"joe: ann", "joe+list", "a.example", "ann@"},
        {"joe: ann\njoe+list: bob", "joe+list", "a.example", "bob@"},
        {"joe: ann", "+joe", "a.example", "-"},
        {"joe: far@away.example", "joe", "a.example", "far@away.example"},
        {"", "joe", "a.example", "-"},
        {"joe: x@[192.0.2.1]", "joe", "a.example", "x@[192.0.2.1]"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct aliases *a = parse(cases[i].text);

        cr_assert_not_null(a, "case %zu: %s", i, err);
        cr_expect_str_eq(answer(a, cases[i].local, cases[i].domain),
                         cases[i].expect, "case %zu: %s", i,
                         answer(a, cases[i].local, cases[i].domain));
        aliases_free(a);
    }
}

Test(aliases, say_what_is_wrong_and_where)
{
    static const struct {
        const char *text, *expect;
    } cases[] = {
        {"joe ann", "aliases:1: joe ann: no colon behind it"},
        {"\n joe: ann", "aliases:2: continues nothing"},
        {"joe:", "aliases:1: no address behind the colon"},
        {"joe: , ,", "aliases:1: no address behind the colon"},
        {"joe: |/bin/sh",
         "aliases:1: |/bin/sh: programs, files and lists are not delivered to"},
        {"joe: /var/mail/joe", "aliases:1: /var/mail/joe: programs, files and "
                               "lists are not delivered to"},
        {"joe: :include:/x", "aliases:1: :include:/x: programs, files and "
                             "lists are not delivered to"},
        {"x@c.example: y", "aliases:1: x@c.example: not in one of our domains"},
        {"joe: @b.example",
         "aliases:1: @b.example: a whole domain cannot be a target"},
        {"joe: a\njim: b\nJOE: c", "aliases:3: JOE: also at line 1"},
        {"joe@a.example: a\njoe@a.example: b",
         "aliases:2: joe@a.example: also at line 1"},
        {"joe x: a", "aliases:1: joe x: "},
        {"joe: a b", "aliases:1: a b: "},
        {"joe: a@b@c", "aliases:1: a@b@c: "},
        {": a", "aliases:1: : "},
        {"joe: a..b", "aliases:1: a..b: "},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct aliases *a = parse(cases[i].text);

        cr_expect_null(a, "case %zu", i);
        cr_expect_eq(strncmp(err, cases[i].expect, strlen(cases[i].expect)), 0,
                     "case %zu: %s", i, err);
        aliases_free(a);
    }
}

Test(aliases, report_every_mistake_of_a_file)
{
    cr_assert_null(parse("joe\njim: b b\njane: |x\nok: joe\n"));
    cr_expect_not_null(strstr(err, "aliases:1: "));
    cr_expect_not_null(strstr(err, "\naliases:2: "));
    cr_expect_not_null(strstr(err, "\naliases:3: "));
    cr_expect_null(strstr(err, "aliases:4: "));
}

Test(aliases, cut_a_long_report_at_its_size)
{
    char small[40];

    cr_assert_null(aliases_parse("aliases", "a\nb\nc\nd", 7, &domains, "+",
                                 small, sizeof(small)));
    cr_expect_lt(strlen(small), sizeof(small));
}

Test(aliases, refuse_a_nul)
{
    cr_expect_null(aliases_parse("aliases", "a: b\0c", 6, &domains, "+", err,
                                 sizeof(err)));
}

Test(aliases, find_loops_and_tell_their_chain)
{
    static const struct {
        const char *text, *expect;
    } cases[] = {
        {"a: b\nb: a",
         "aliases:1: loop: a@a.example -> b@a.example -> a@a.example"},
        {"a: x, b\nb: y, c\nc: a", "loop: a@a.example -> b@a.example -> "
                                   "c@a.example -> a@a.example"},
        {"z: a\na: b\nb: a",
         "aliases:2: loop: a@a.example -> b@a.example -> a@a.example"},
        {"a@a.example: a@b.example\na@b.example: a@a.example",
         "loop: a@a.example -> a@b.example -> a@a.example"},
        {"@a.example: a\na: b\nb: a", "loop: a@a.example -> b@a.example"},
        {"a: b+x\nb: a+y", "loop: a@a.example -> b@a.example -> a@a.example"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect_null(parse(cases[i].text), "case %zu", i);
        cr_expect_not_null(strstr(err, cases[i].expect), "case %zu: %s", i,
                           err);
    }
}

Test(aliases, do_not_see_loops_where_there_are_none)
{
    static const char *const cases[] = {
        "joe: joe, ann",             /* keeps a copy */
        "joe: joe+list, ann",        /* the same by detail */
        "@a.example: joe",           /* a mailbox behind a catch-all */
        "@a.example: joe@a.example", /* the same written out */
        "a: b, c\nb: d\nc: d\nd: e", /* two ways to one place */
        "a: a@b.example\na@b.example: x",
        "a@a.example: a@away.example", /* what others do is theirs */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct aliases *a = parse(cases[i]);

        cr_expect_not_null(a, "case %zu: %s", i, err);
        aliases_free(a);
    }
}

Test(aliases, refuse_what_is_nested_too_deep)
{
    static char text[4096];

    for (int i = 0; i <= ALIASES_DEPTH; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "n%d: n%d\n",
                 i, i + 1);
    cr_expect_null(parse(text));
    cr_expect_not_null(strstr(err, "nested too deep: n0@a.example"), "%s", err);
}

Test(aliases, are_too_deep_in_whatever_order_they_are_seen)
{
    static char text[4096];

    for (int i = ALIASES_DEPTH; i >= 0; i--)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "n%02d: n%02d\n", ALIASES_DEPTH - i, ALIASES_DEPTH - i - 1);
    cr_expect_null(parse(text));
    cr_expect_not_null(strstr(err, "nested too deep: n50@a.example"), "%s",
                       err);
}

Test(aliases, take_as_many_targets_as_the_limit)
{
    static char text[16384] = "all: ";

    for (int i = 0; i < ALIASES_TARGETS; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "u%d,", i);
    struct aliases *a = parse(text);

    cr_assert_not_null(a, "%s", err);
    cr_expect_eq(a->v[0].ntargets, ALIASES_TARGETS);
    aliases_free(a);
    strcat(text, "one-more");
    cr_expect_null(parse(text));
    cr_expect_str_eq(err, "aliases:1: more than 1000 addresses");
}
