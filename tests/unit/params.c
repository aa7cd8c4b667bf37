/* Parameters of MAIL and RCPT. */
#include "smtpd/params.h"

#include <criterion/criterion.h>
#include <string.h>

Test(params, reads_what_mail_knows)
{
    static const struct {
        const char *text;
        enum params_result result;
        uint64_t size;
        bool utf8;
    } rows[] = {
        {"", PARAMS_OK, 0, false},
        {"  ", PARAMS_OK, 0, false},
        {" SIZE=1000", PARAMS_OK, 1000, false},
        {" size=0 BODY=7bit", PARAMS_OK, 0, false},
        {" BODY=8BITMIME SMTPUTF8 SIZE=5", PARAMS_OK, 5, true},
        {" SIZE=18446744073709551615", PARAMS_OK, UINT64_MAX, false},
        {" SIZE=99999999999999999999", PARAMS_OK, UINT64_MAX, false},
        {" SIZE=999999999999999999999", PARAMS_MALFORMED, 0, false},
        {" SIZE", PARAMS_MALFORMED, 0, false},
        {" SIZE=", PARAMS_MALFORMED, 0, false},
        {" SIZE=-1", PARAMS_MALFORMED, 0, false},
        {" SIZE=1 SIZE=1", PARAMS_MALFORMED, 0, false},
        {" BODY=BINARYMIME", PARAMS_MALFORMED, 0, false},
        {" BODY", PARAMS_MALFORMED, 0, false},
        {" SMTPUTF8=yes", PARAMS_MALFORMED, 0, false},
        {" SMTPUTF8 SMTPUTF8", PARAMS_MALFORMED, 0, false},
        {" AUTH=<>", PARAMS_UNKNOWN, 0, false},
        {" RET=FULL", PARAMS_UNKNOWN, 0, false},
        {" ENVID=a", PARAMS_UNKNOWN, 0, false},
        {" SIZEX=1", PARAMS_UNKNOWN, 0, false},
        {" SIZ=1", PARAMS_UNKNOWN, 0, false},
        {"SIZE=1", PARAMS_MALFORMED, 0, false},
        {" =1", PARAMS_MALFORMED, 0, false},
        {" SIZE=1=2", PARAMS_MALFORMED, 0, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mail_params p;

        cr_assert_eq(params_mail(rows[i].text, strlen(rows[i].text), 0, &p),
                     rows[i].result, "'%s'", rows[i].text);
        if (rows[i].result == PARAMS_OK) {
            cr_assert_eq(p.size, rows[i].size, "'%s'", rows[i].text);
            cr_assert_eq(p.utf8, rows[i].utf8, "'%s'", rows[i].text);
        }
    }
}

static enum params_result mail(const char *text, struct mail_params *p)
{
    return params_mail(text, strlen(text), PARAMS_DSN, p);
}

static enum params_result rcpt(const char *text, unsigned known,
                               struct rcpt_params *p)
{
    return params_rcpt(text, strlen(text), known, p);
}

Test(params, tells_an_unknown_parameter_of_rcpt_from_nonsense)
{
    struct rcpt_params p;

    cr_assert_eq(rcpt("", 0, &p), PARAMS_OK);
    cr_assert_eq(rcpt(" ", 0, &p), PARAMS_OK);
    cr_assert_eq(rcpt(" NOTIFY=NEVER", 0, &p), PARAMS_UNKNOWN);
    cr_assert_eq(rcpt(" SIZE=1", PARAMS_DSN, &p), PARAMS_UNKNOWN);
    cr_assert_eq(rcpt("x", 0, &p), PARAMS_MALFORMED);
}

Test(params, reads_what_the_sender_wants_to_be_told)
{
    struct mail_params m;
    struct rcpt_params r;

    cr_assert_eq(mail(" RET=HDRS ENVID=a+2Bb SIZE=1", &m), PARAMS_OK);
    cr_assert_eq(m.ret, RET_HDRS);
    cr_assert_str_eq(m.envid, "a+2Bb");
    cr_assert_eq(mail(" ret=full", &m), PARAMS_OK);
    cr_assert_eq(m.ret, RET_FULL);
    cr_assert_str_eq(m.envid, "");
    cr_assert_eq(rcpt(" ORCPT=rfc822;a@b NOTIFY=DELAY,SUCCESS", PARAMS_DSN, &r),
                 PARAMS_OK);
    cr_assert_eq(r.notify, NOTIFY_DELAY | NOTIFY_SUCCESS);
    cr_assert_str_eq(r.orcpt, "rfc822;a@b");
    cr_assert_eq(rcpt("", PARAMS_DSN, &r), PARAMS_OK);
    cr_assert_eq(r.notify, 0);
    cr_assert_str_eq(r.orcpt, "");
}

Test(params, take_utf8_in_an_orcpt_only_where_it_was_asked_for)
{
    static const char text[] = " ORCPT=utf-8;\xc3\xbc@b";
    struct rcpt_params r;

    cr_assert_eq(rcpt(text, PARAMS_DSN, &r), PARAMS_MALFORMED);
    cr_assert_eq(rcpt(text, PARAMS_DSN | PARAMS_UTF8, &r), PARAMS_OK);
    cr_assert_eq(rcpt(text, PARAMS_UTF8, &r), PARAMS_UNKNOWN);
}
