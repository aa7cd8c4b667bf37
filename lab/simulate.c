/*
 * tarrylab simulate: profiles against receivers in virtual time.
 *
 * Reads what is asked for, lets study.c and mix.c play it, and has it
 * reported.  It takes nothing from the clock or from chance but its seed.
 */
#include "lab/commands.h"
#include "lab/load.h"
#include "lab/report.h"
#include "lib/conf.h"
#include "lib/log.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define POLICIES 64

struct asked {
    const char *etc, *html;
    bool json;
    unsigned answer_sec;
    char *policies[POLICIES];
    size_t npolicies;
    struct mix_settings mix; /* senders 0: none */
};

static int usage(void)
{
    fprintf(stderr,
            "usage: tarrylab simulate [--etc DIR] [--policy NAME|FILE] ... "
            "[--mx N]\n"
            "                         [--answer-after TIME] [--seed N] [--mix "
            "SENDERS [--days N] "
            "[--spam PERCENT]]\n"
            "                         [--json] [--html FILE] "
            "[PROFILE|FILE ...]\n");
    return EX_USAGE;
}

/* A number up to max, or -1 and a message. */
static int number(const char *option, const char *text, uint64_t min,
                  uint64_t max, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 &&
        *out >= min && *out <= max)
        return 0;
    fprintf(stderr, "tarrylab: --%s: must be a number from %llu to %llu\n",
            option, (unsigned long long)min, (unsigned long long)max);
    return -1;
}

static int small(const char *option, const char *text, uint64_t min,
                 uint64_t max, unsigned *out)
{
    uint64_t v;
    int rc = number(option, text, min, max, &v);

    *out = (unsigned)v;
    return rc;
}

static int take_option(struct asked *a, int c, char *value)
{
    switch (c) {
    case 'e':
        a->etc = value;
        return 0;
    case 'h':
        a->html = value;
        return 0;
    case 'j':
        a->json = true;
        return 0;
    case 'p':
        if (a->npolicies == POLICIES)
            return -1;
        a->policies[a->npolicies++] = value;
        return 0;
    case 'm':
        return small("mx", value, 1, 100, &a->mix.mxs);
    case 's':
        return number("seed", value, 0, INT64_MAX, &a->mix.seed);
    case 'M':
        return small("mix", value, 1, 100000, &a->mix.senders);
    case 'd':
        return small("days", value, 1, 365, &a->mix.days);
    case 'S':
        return small("spam", value, 0, 100, &a->mix.spam_percent);
    case 'a':
        if (conf_duration(value, &a->answer_sec) == 0 &&
            a->answer_sec <= PROFILE_TIME)
            return 0;
        fprintf(stderr, "tarrylab: --answer-after: must be a time\n");
        return -1;
    default:
        return -1;
    }
}

static int take_options(struct asked *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"answer-after", required_argument, NULL, 'a'},
        {"etc", required_argument, NULL, 'e'},
        {"html", required_argument, NULL, 'h'},
        {"json", no_argument, NULL, 'j'},
        {"policy", required_argument, NULL, 'p'},
        {"mx", required_argument, NULL, 'm'},
        {"seed", required_argument, NULL, 's'},
        {"mix", required_argument, NULL, 'M'},
        {"days", required_argument, NULL, 'd'},
        {"spam", required_argument, NULL, 'S'},
        {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (take_option(a, c, optarg) != 0)
            return -1;
    return 0;
}

static int load_profiles(struct study *s, char **names, size_t n)
{
    s->profiles = xcalloc(n, sizeof(*s->profiles));
    for (size_t i = 0; i < n; i++) {
        if ((s->profiles[i] = load_profile(names[i])) == NULL)
            return -1;
        s->nprofiles++;
    }
    return 0;
}

static int load_receivers(struct study *s, char **names, size_t n)
{
    s->receivers = xcalloc(n, sizeof(*s->receivers));
    for (size_t i = 0; i < n; i++) {
        if ((s->receivers[i] = load_receiver(names[i])) == NULL)
            return -1;
        s->nreceivers++;
    }
    return 0;
}

/* Those named, or all. */
static int load(struct study *s, struct asked *a, char **names, size_t n)
{
    char **all = NULL;
    size_t nall = 0;
    int rc;

    load_from(a->etc);
    rc = n > 0 ? load_profiles(s, names, n) : load_profile_names(&all, &nall);
    if (rc == 0 && n == 0)
        rc = load_profiles(s, all, nall);
    load_names_free(all, nall);
    all = NULL;
    nall = 0;
    if (rc != 0)
        return -1;
    rc = a->npolicies > 0 ? load_receivers(s, a->policies, a->npolicies)
                          : load_receiver_names(&all, &nall);
    if (rc == 0 && a->npolicies == 0)
        rc = load_receivers(s, all, nall);
    load_names_free(all, nall);
    return rc;
}

static int run_mix(struct study *s)
{
    s->mix = xcalloc(s->nreceivers, sizeof(*s->mix));
    for (size_t r = 0; r < s->nreceivers; r++)
        if (mix_run(&s->mix_settings, s->profiles, s->nprofiles,
                    s->receivers[r], &s->mix[r]) != 0) {
            fprintf(stderr, "tarrylab: --mix: no profile of a kind that the "
                            "mixture needs (see --spam)\n");
            return -1;
        }
    return 0;
}

static int report(const struct study *s, const struct asked *a)
{
    FILE *f;
    bool failed;

    if (a->html != NULL) {
        f = fopen(a->html, "we");
        if (f != NULL)
            report_html(s, f);
        failed = f == NULL || ferror(f);
        if ((f != NULL && fclose(f) != 0) || failed) {
            fprintf(stderr, "tarrylab: %s: %s\n", a->html, strerror(errno));
            return EX_CANTCREAT;
        }
    }
    if (a->json)
        report_json(s, stdout);
    else
        report_text(s, stdout);
    return EX_OK;
}

int lab_simulate(int argc, char **argv)
{
    struct asked a = {.mix = {.days = 5, .spam_percent = 70, .mxs = 2}};
    struct study s = {0};
    int code = EX_OK;

    if (take_options(&a, argc, argv) != 0)
        return usage();
    if (load(&s, &a, argv + optind, (size_t)(argc - optind)) != 0) {
        code = EX_CONFIG;
        goto out;
    }
    s.seed = a.mix.seed;
    s.mxs = a.mix.mxs;
    s.answer_sec = a.answer_sec;
    s.mix_settings = a.mix;
    study_run(&s);
    if (a.mix.senders > 0 && run_mix(&s) != 0) {
        code = EX_USAGE;
        goto out;
    }
    code = report(&s, &a);
out:
    study_release(&s);
    return code;
}
