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
        {" SIZEX=1", PARAMS_UNKNOWN, 0, false},
        {" SIZ=1", PARAMS_UNKNOWN, 0, false},
        {"SIZE=1", PARAMS_MALFORMED, 0, false},
        {" =1", PARAMS_MALFORMED, 0, false},
        {" SIZE=1=2", PARAMS_MALFORMED, 0, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mail_params p;

        cr_assert_eq(params_mail(rows[i].text, strlen(rows[i].text), &p),
                     rows[i].result, "'%s'", rows[i].text);
        if (rows[i].result == PARAMS_OK) {
            cr_assert_eq(p.size, rows[i].size, "'%s'", rows[i].text);
            cr_assert_eq(p.utf8, rows[i].utf8, "'%s'", rows[i].text);
        }
    }
}

Test(params, tells_an_unknown_parameter_of_rcpt_from_nonsense)
{
    cr_assert_eq(params_rcpt("", 0), PARAMS_OK);
    cr_assert_eq(params_rcpt(" ", 1), PARAMS_OK);
    cr_assert_eq(params_rcpt(" NOTIFY=NEVER", 13), PARAMS_UNKNOWN);
    cr_assert_eq(params_rcpt("x", 1), PARAMS_MALFORMED);
}
