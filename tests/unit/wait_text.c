/* The wait that a reply names (queue/wait_text.c). */
#include "queue/wait_text.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

struct sample {
    char text[256];
    unsigned sec;
};

static struct sample named[] = {
    /* The seeds. */
    {"421-Nice to meet you - please try again in 3 minutes\n"
     "421-For more information see:\n421 or contact",
     180},
    {"450 <xxx@barnet.com.au>: Recipient address rejected: BarNet Engineered "
     "Transit Delay -- 39 seconds",
     39},
    {"450 <xx@barnet.com.au>: Recipient address rejected: BarNet Engineered "
     "Transit Delay -- 45 seconds",
     45},
    {"450 4.7.1 Greylisting in effect. Please try again to send this e-mail in "
     "5 minutes.",
     300},
    /* Greylisters. */
    {"450 4.2.0 <a@example.org>: Recipient address rejected: Greylisted for "
     "300 seconds (see http://isg.ee.ethz.ch/tools/postgrey/help/a.html)",
     300},
    {"451 4.7.1 Greylisting in action, please come back in 00:05:00", 300},
    {"451 4.7.1 Greylisting in action, please come back in 01:00:30", 3630},
    {"450 4.7.1 Recipient address rejected: Greylisted for 5 minutes", 300},
    {"450 4.7.1 Greylisted by greyfix 0.4.0, try again in 30 seconds. See "
     "http://www.kim-minh.com/pub/greyfix/ for more information.",
     30},
    {"450 4.7.1 Greylisted, please try again in 5m", 300},
    {"451 4.7.1 Please try again in 4m 59s", 299},
    {"451 4.7.1 try again in 1 hour 30 minutes", 5400},
    {"451 Resource temporarily unavailable, retry in 600 sec", 600},
    {"451 greylisted, retry=300", 300},
    {"451 4.7.1 Greylisted, retry=00:05:00", 300},
    {"451 Try again. Retry-After: 120", 120},
    {"451 4.7.1 Greylisted, please wait at least 10 minutes", 600},
    {"450 Please try again in five minutes", 300},
    {"450 Please try again in an hour", 3600},
    {"450 Greylisted for 60 seconds, full delivery in 300 seconds", 300},
    {"450 try again after 90 seconds.", 90},
    {"450 delay: 60s", 60},
    {"450 try again in 99999999999999999999 days", 30u * 24 * 3600},
    /* Fractions and ranges: the longer. */
    {"450 please retry in 2.5 minutes", 150},
    {"450 please retry in 0.25 hours", 900},
    {"450 please retry in 1.001 minutes", 61},
    {"450 please retry in 1.99999999999999999999 m", 120},
    {"450 retry after 5 to 10 minutes", 600},
    {"450 retry in 5-10 minutes", 600},
    {"450 retry in one or two hours", 7200},
    /* Not rates, though a word in s stands before "in". */
    {"450 4.2.0 Greylisting expires in 5 minutes", 300},
    {"450 Greylisted; opens in 5 minutes", 300},
    {"450 resend the message in 5 minutes", 300},
    /* A time of that form that can only be a wait. */
    {"451 greylisted, retry=12:00:00", 43200},
    {"451 greylisted, come back in 04:00:00", 14400},
};

ParameterizedTestParameters(wait_text, reads_the_wait)
{
    return cr_make_param_array(struct sample, named,
                               sizeof(named) / sizeof(named[0]));
}

ParameterizedTest(struct sample *s, wait_text, reads_the_wait)
{
    cr_expect_eq(wait_text(s->text), s->sec, "%s: %u, not %u", s->text,
                 wait_text(s->text), s->sec);
}

static struct sample nameless[] = {
    {"", 0},
    {"451 Temporary failure, please try again later.", 0}, /* spamd */
    {"451 4.7.1 Try again later", 0},                      /* rspamd 3.4 */
    /* sqlgrey 1.8.0 */
    {"450 4.7.1 <a@b>: Recipient address rejected: Throttling too many "
     "connections from new source -  Try again later.",
     0},
    {"452 4.2.2 Greylisted, please try again in a few moments.", 0},
    {"450 4.2.0 <a@b>: Greylisted, see http://postgrey.schweikert.ch/help/5",
     0},
    {"421 4.7.0 Too many messages, try later: 100 messages per 60 minutes", 0},
    {"421 4.7.0 You sent 50 messages over the last 5 minutes, slow down", 0},
    {"450 4.7.1 host 192.0.2.1 is greylisted", 0},
    {"450 4.1.1 user 3 seconds", 0},
    {"452 4.2.2 mailbox of 10 m is full", 0},
    {"450 try again in 5", 0},
    /* Times of day. */
    {"450 4.7.1 Deferred, try again after 15:30:00", 0},
    {"421 4.7.0 Too many connections, throttled until 23:59:59 UTC", 0},
    {"421 4.7.0 throttled until 03:15:00", 0},
    {"451 4.7.1 Greylisted at 14:05:22, please retry later", 0},
    {"450 temporarily deferred (from 192.0.2.1 at 09:15), try later", 0},
    /* rspamd 3.4 with report_time */
    {"451 4.7.1 Try again later: Sat, 21 Nov 2026 00:05:16 GMT", 0},
    /* Rates. */
    {"450 4.3.2 try again later; 100 messages in 60 minutes allowed", 0},
    {"421 4.7.0 too many errors in 10 minutes, try later", 0},
    {"421 4.7.0 only 20 newcomers within 1 hour, try later", 0},
    {"450 slow down, your connections in 60 seconds are over the limit", 0},
    /* Not numbers. */
    {"450 try again in 1.2.3 minutes", 0},
    {"450 try again in 2. minutes", 0},
    {"450 4.7.1 in 192.0.2.7:25 try again", 0},
};

ParameterizedTestParameters(wait_text, finds_none_where_none_is_named)
{
    return cr_make_param_array(struct sample, nameless,
                               sizeof(nameless) / sizeof(nameless[0]));
}

ParameterizedTest(struct sample *s, wait_text, finds_none_where_none_is_named)
{
    cr_expect_eq(wait_text(s->text), 0, "%s: %u", s->text, wait_text(s->text));
}
