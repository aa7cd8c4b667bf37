/* Normal forms of senders, by what mail systems really write. */
#include "greylist/normal.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *normal(const char *text)
{
    static char out[NORMAL_TEXT];
    struct address a;

    cr_assert_eq(address_parse(text, ADDRESS_NULL | ADDRESS_UTF8, &a),
                 ADDRESS_OK, "%s", text);
    return normal_sender(&a, out);
}

Test(normal, is_what_stays_of_a_sender)
{
    static const struct {
        const char *sender, *expect;
    } cases[] = {
        {"Joe.User@Example.ORG", "joe.user@example.org"},
        /* sub-addresses */
        {"joe+shop@example.org", "joe@example.org"},
        {"+joe@example.org", "+joe@example.org"},
        {"group+bncBCH4XNVZ7QKRBXGZ3CNAMGQEJ2WQCFI@googlegroups.com",
         "group@googlegroups.com"},
        {"joe+caf_=ann=example.net@gmail.com", "joe@gmail.com"},
        {"notification+kjdm1p2d@facebookmail.com",
         "notification@facebookmail.com"},
        /* VERP */
        {"list-return-1234-joe=example.org@lists.example.com",
         "list-return-#@lists.example.com"},
        {"list-return-joe=example.org@lists.example.com",
         "list-return@lists.example.com"},
        {"list-bounces+joe=example.org@lists.example.com",
         "list-bounces@lists.example.com"},
        {"list-bounces@lists.example.com", "list-bounces@lists.example.com"},
        {"sentto-1492-312-9918-joe=example.org@returns.example.com",
         "sentto-#@returns.example.com"},
        {"owner-list*joe**example.org@listserv.example.com",
         "owner-list@listserv.example.com"},
        {"n03d9e5f7a2c-joe=example.org@bounce.example.com",
         "#@bounce.example.com"},
        {"bounces+1234567-ab1c-joe=example.org@em99.example.com",
         "bounces@em#.example.com"},
        {"bounce+4d5.9a2f-joe=example.org@mg.example.com",
         "bounce@mg.example.com"},
        {"a=b@example.org", "a=b@example.org"},
        /* numbers and tokens */
        {"0100018d5a2b3c4d-9f8e7d6c-1a2b-3c4d-5e6f-7a8b9c0d1e2f-000000"
         "@amazonses.com",
         "#@amazonses.com"},
        {"0100018dabcdefab-abcdefab-abcd-abcd-abcd-abcdefabcdef-000000"
         "@us-west-2.amazonses.com",
         "#@us-west-#.amazonses.com"},
        {"bounce-123_HTML-456789-1234-1000001-5678@bounce.email.example.com",
         "bounce-#_html-#@bounce.email.example.com"},
        {"bounce-mc.us12_1234567.1234567-a1b2c3d4e5@mail12.atl31.mcdlv.net",
         "bounce-mc.us12_#@mail#.atl#.mcdlv.net"},
        {"bounce-18273645-joe@example.org", "bounce-#-joe@example.org"},
        {"bounce-1a2b-news@example.org", "bounce-#-news@example.org"},
        {"bounce20240131@example.org", "bounce#@example.org"},
        {"1700000000123@example.org", "#@example.org"},
        {"m-AbCdEfGhIjKl@bounce.example.com", "m-#@bounce.example.com"},
        {"xyz1a2B3c4D5e6f7g8-h9-whatever-it-is@example.com", "#@example.com"},
        {"550e8400-e29b-41d4-a716-446655440000@example.com", "#@example.com"},
        /* BATV */
        {"prvs=0123abcdef=joe@example.org", "joe@example.org"},
        {"PRVS=8123ABCDEF=Joe@example.org", "joe@example.org"},
        {"prvs=joe/0123abcdef@example.org", "joe@example.org"},
        {"prvs=0123abcdef=list-bounces+ann=a.example@example.org",
         "list-bounces@example.org"},
        {"msprvs1=17890KDd8s1Fg=bounces-12345@bounces.example.com",
         "bounces-#@bounces.example.com"},
        {"btv1==0123abcdef==joe@example.org", "joe@example.org"},
        {"prvs=@example.org", "prvs=@example.org"},
        {"btv1==x@example.org", "btv1==x@example.org"},
        /* SRS */
        {"SRS0=HHHH=TT=example.org=joe@fwd.example.com",
         "+srs=example.org=joe@fwd.example.com"},
        {"srs0+hhhh=tt=163.com=joe@fwd.example.com",
         "+srs=163.com=joe@fwd.example.com"},
        {"SRS0-HHHH=TT=example.org=list-return-77-ann=a.example"
         "@fwd.example.com",
         "+srs=example.org=list-return-#@fwd.example.com"},
        {"SRS1=HHH=fwd.example.com==H2H2=TT=example.org=joe"
         "@second.example.com",
         "+srs=example.org=joe@second.example.com"},
        {"SRS1=HHH=fwd.example.com=+H2H2=TT=example.org=joe"
         "@second.example.com",
         "+srs=example.org=joe@second.example.com"},
        {"ann+SRS=44ldt=IX=example.org=joe@fwd.example.com",
         "ann+srs=example.org=joe@fwd.example.com"},
        {"ann+srs=example.org=joe@fwd.example.com",
         "ann+srs=example.org=joe@fwd.example.com"}, /* as it is listed */
        {"bounces+SRS=44ldt=IX@fwd.example.com", "bounces@fwd.example.com"},
        {"SRS0=broken@fwd.example.com", "srs0=broken@fwd.example.com"},
        {"SRS1=a=b@fwd.example.com", "srs1=a=b@fwd.example.com"},
        {"SRS1=a=@fwd.example.com", "srs1=a=@fwd.example.com"},
        /* persons */
        {"john2@example.org", "john2@example.org"},
        {"smith1984@example.org", "smith1984@example.org"},
        {"123456789@qq.com", "123456789@qq.com"},
        {"491701234567@example.org", "491701234567@example.org"},
        {"JohnMcDonald@example.org", "johnmcdonald@example.org"},
        {"christopher.johnson88@example.org",
         "christopher.johnson88@example.org"},
        {"c3po@example.org", "c3po@example.org"},
        {"j.k-l_m@126.com", "j.k-l_m@126.com"},
        {"j\xc3\xb6rg@example.org", "j\xc3\xb6rg@example.org"},
        {"\"joe user\"@example.org", "joe user@example.org"},
        {"joe@[192.0.2.1]", "joe@[192.0.2.1]"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_str_eq(normal(cases[i].sender), cases[i].expect, "%s: %s",
                         cases[i].sender, normal(cases[i].sender));
}

Test(normal, names_the_null_sender)
{
    char out[NORMAL_TEXT];

    cr_assert_str_eq(normal_sender(&(struct address){.local = ""}, out), "<>");
}

/* As many messages of one sender as are asked for: one form. */
static void expect_one_form(const char *(*make)(unsigned i))
{
    char first[NORMAL_TEXT];

    strcpy(first, normal(make(0)));
    for (unsigned i = 1; i < 5000; i++)
        cr_assert_str_eq(normal(make(i)), first, "%s", make(i));
}

static char made[400];

static uint64_t noise(unsigned i)
{
    uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ x >> 31;
}

static const char *with_uuid(unsigned i)
{
    uint64_t x = noise(i), y = noise(i + 100000);

    snprintf(made, sizeof(made),
             "010001%010llx-%08llx-%04llx-%04llx-%04llx-%012llx-000000"
             "@amazonses.com",
             (unsigned long long)(x >> 24 | 1), (unsigned long long)(y >> 32),
             (unsigned long long)(x & 0xffff), (unsigned long long)(y & 0xffff),
             (unsigned long long)(y >> 8 & 0xffff),
             (unsigned long long)(x >> 16));
    return made;
}

static const char *with_srs(unsigned i)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint64_t x = noise(i);

    snprintf(made, sizeof(made), "SRS0=%c%c%c%c=%c%c=example.org=joe@f.example",
             digits[x & 31], digits[x >> 5 & 31], digits[x >> 10 & 31],
             digits[x >> 15 & 31], digits[x >> 20 & 31], digits[x >> 25 & 31]);
    return made;
}

static const char *with_batv(unsigned i)
{
    snprintf(made, sizeof(made), "prvs=%u%03u%06llx=joe@example.org", i % 10,
             i % 1000, (unsigned long long)(noise(i) & 0xffffff));
    return made;
}

static const char *with_counter(unsigned i)
{
    snprintf(made, sizeof(made), "list-return-%u-joe-%u=a.example@l.example",
             i * 7, i % 3);
    return made;
}

static const char *with_base32(unsigned i)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    uint64_t x = noise(i);
    size_t n = (size_t)sprintf(made, "bounce-9x8y");

    for (; n < 27; n++, x >>= 3)
        made[n] = digits[x & 31];
    sprintf(made + n, "@example.com");
    return made;
}

Test(normal, is_one_for_all_messages_of_one_sender)
{
    expect_one_form(with_uuid);
    expect_one_form(with_srs);
    expect_one_form(with_batv);
    expect_one_form(with_counter);
    expect_one_form(with_base32);
}

Test(normal, keeps_persons_of_a_site_apart)
{
    static const char *const persons[] = {
        "ann",    "anne",  "ann1",       "ann2",        "ann.b", "ann-b",
        "a.b",    "b.a",   "ann1984",    "ann1985",     "bob7",  "b7",
        "ann_b",  "sales", "sales-west", "sales-north", "x1",    "x2",
        "123456", "12345", "o'neil",     "mary-ann",    "info",  "info2"};
    char one[NORMAL_TEXT], text[100];
    size_t n = sizeof(persons) / sizeof(persons[0]);

    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof(text), "%s@example.org", persons[i]);
        strcpy(one, normal(text));
        for (size_t j = 0; j < i; j++) {
            snprintf(text, sizeof(text), "%s@example.org", persons[j]);
            cr_expect_str_neq(normal(text), one);
        }
    }
}

Test(normal, fits_and_ends_for_any_octets)
{
    static const char alphabet[] = "aZ09+-=*#.@/_\xff\x80srsSRS";
    struct address a = {.domain = "1.example.org"};
    char out[NORMAL_TEXT];

    for (unsigned i = 0; i < 200000; i++) {
        size_t len = noise(i) % (ADDRESS_LOCAL + 1);

        for (size_t k = 0; k < len; k++)
            a.local[k] =
                alphabet[noise(i * 64 + (unsigned)k) % (sizeof(alphabet) - 1)];
        if (i % 4 == 0 && len > 8)
            memcpy(a.local, i % 8 ? "SRS1=a=b" : "prvs=a=b", 8);
        a.local[len] = '\0';
        cr_assert_lt(strlen(normal_sender(&a, out)), NORMAL_TEXT);
        cr_assert_str_eq(strrchr(out, '@'), "@#.example.org", "%s", out);
    }
}

Test(normal, writes_a_recipient_in_lower_case_and_no_more)
{
    struct address a = {.local = "Joe+List-42", .domain = "example.org"};
    char out[NORMAL_TEXT];

    cr_assert_str_eq(normal_recipient(&a, out), "joe+list-42@example.org");
}
