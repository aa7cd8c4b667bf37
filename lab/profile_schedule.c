/*
 * "schedule tarry" of a profile, see profile_parts.h.
 *
 * The list of waits and the lifetimes are those that a tarry.conf without any
 * has: they come from the very code that reads it, so nothing here repeats
 * them.  What the queue cannot do, the profile may not ask for.
 */
#include "lab/profile_parts.h"

#include "lib/conf.h"

#include <string.h>

static const char settings[] = "hostname = \"mx.example.org\"\n"
                               "domains = { \"example.org\" }\n"
                               "mailboxes = \"/var/mail/%u\"\n";

const char *profile_schedule(struct profile *p)
{
    static char err[256];
    struct conf *c;

    if (p->since_first || p->growth != GROWTH_STOP || p->attempts > 0 ||
        p->jitter_percent > 0 || p->at_once > 0)
        return "goes with \"wait\" and \"lifetime\", and with no other time";
    c = conf_parse("defaults", settings, strlen(settings), err, sizeof(err));
    if (c == NULL)
        return err;
    if (p->ntimes == 0)
        for (; p->ntimes < c->queue.nretry && p->ntimes < PROFILE_TIMES;
             p->ntimes++)
            p->time_sec[p->ntimes] = c->queue.retry_sec[p->ntimes];
    if (p->lifetime_sec == 0) {
        p->lifetime_sec = c->queue.lifetime_sec;
        p->lifetime_null_sec = c->queue.lifetime_null_sec;
    } else {
        p->lifetime_null_sec = p->lifetime_sec;
    }
    conf_free(c);
    return NULL;
}
