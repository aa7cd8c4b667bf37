/*
 * tarrylab profiles: the senders there are, and when each would try if nobody
 * ever took its mail.
 */
#include "lab/commands.h"
#include "lab/load.h"
#include "lab/report.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define SHOWN 12 /* attempts of a profile */

static void show(const struct profile *p)
{
    struct sender s;
    struct sender_attempt a;
    enum sender_next next;
    char text[32];
    unsigned n = 0;

    printf("%s: %s (%s)\n   ", p->name, p->title, report_mail_word(p->mail));
    sender_begin(&s, p, 2, 0, 0, &a);
    do {
        if (n++ < SHOWN)
            printf(" %s", report_duration(a.at, text, sizeof(text)));
        next = sender_after(&s, STEP_RCPT, 450, 0, a.at, &a);
    } while (next == SENDER_RETRY);
    printf("%s; %u attempt%s, then %s\n", n > SHOWN ? " ..." : "", n,
           n == 1 ? "" : "s", next == SENDER_BOUNCED ? "a bounce" : "silence");
}

int lab_profiles(int argc, char **argv)
{
    static const struct option options[] = {
        {"etc", required_argument, NULL, 'e'}, {NULL, 0, NULL, 0}};
    char **names = NULL;
    const char *etc = NULL;
    size_t n = 0;
    int c, code = EX_OK;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c != 'e') {
            fprintf(stderr, "usage: tarrylab profiles [--etc DIR] "
                            "[PROFILE|FILE ...]\n");
            return EX_USAGE;
        }
        etc = optarg;
    }
    load_from(etc);
    if (optind == argc && load_profile_names(&names, &n) != 0)
        return EX_NOINPUT;
    for (size_t i = 0; i < (n > 0 ? n : (size_t)(argc - optind)); i++) {
        struct profile *p =
            load_profile(n > 0 ? names[i] : argv[(size_t)optind + i]);

        if (p != NULL)
            show(p);
        else
            code = EX_CONFIG;
        free(p);
    }
    load_names_free(names, n);
    return code;
}
