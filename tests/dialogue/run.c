/*
 * Plays dialogues and says of each "ok - name" or "not ok - name", with the
 * line, what was expected and what came instead.  README.md tells the format
 * of the files and the options.
 */
#include "tests/dialogue/run.h"

#include "lib/log.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct arguments {
    struct options o;
    bool settings_only;
    const char *settings;
    const char *dump;
};

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: dialogues --pure | --connect HOST:PORT --mail DIR\n"
            "                 [--tls | --starttls] [--split] [--set SETTINGS]"
            " FILE ...\n"
            "       dialogues --settings | --dump DIR FILE ...\n");
    exit(EX_USAGE);
}

static void connect_to(struct arguments *a, char *where)
{
    char *colon = strrchr(where, ':');
    if (!colon)
        usage();
    *colon = '\0';
    a->o.host = where;
    a->o.port = colon + 1;
}

static int arguments(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"pure", no_argument, NULL, 'p'},
        {"connect", required_argument, NULL, 'c'},
        {"mail", required_argument, NULL, 'm'},
        {"tls", no_argument, NULL, 't'},
        {"starttls", no_argument, NULL, 'T'},
        {"split", no_argument, NULL, 's'},
        {"set", required_argument, NULL, 'S'},
        {"settings", no_argument, NULL, 'l'},
        {"dump", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    bool tls = false, split = false;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'p':
            a->o.place |= PLACE_PURE;
            break;
        case 'c':
            a->o.place |= PLACE_LIVE;
            connect_to(a, optarg);
            break;
        case 'm':
            a->o.mail = optarg;
            break;
        case 't':
            tls = true;
            break;
        case 'T':
            tls = a->o.starttls = true;
            break;
        case 's':
            split = true;
            break;
        case 'S':
            a->settings = optarg;
            break;
        case 'l':
            a->settings_only = true;
            break;
        case 'd':
            a->dump = optarg;
            break;
        default:
            usage();
        }
    }
    a->o.place |= tls ? PLACE_TLS : PLACE_PLAIN;
    a->o.place |= split ? PLACE_SPLIT : PLACE_WHOLE;
    if (optind == argc)
        usage();
    return optind;
}

static bool playable(const struct dialogue *d, const struct arguments *a)
{
    const char *set = d->settings ? d->settings : "";
    if ((d->only & a->o.place) != d->only)
        return false;
    return (a->o.place & PLACE_PURE && !a->settings) ||
           !strcmp(set, a->settings ? a->settings : "");
}

/* Each combination of settings that live dialogues need, once. */
static void print_settings(const struct dialogues *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const char *set = all->v[i].settings;
        bool seen = !set || all->v[i].only & PLACE_PURE;
        for (size_t j = 0; j < i && !seen; j++)
            seen = all->v[j].settings && !strcmp(all->v[j].settings, set) &&
                   !(all->v[j].only & PLACE_PURE);
        if (!seen)
            puts(set);
    }
}

/*
 * A seed for tests/fuzz/session.c: its head (see there), the octets of the
 * client, and where the handshake goes the mark that ends what is thrown away.
 */
static void dump(const struct dialogue *d, const char *dir, size_t number)
{
    static const char head[16] = {1, 1};
    char path[512];
    FILE *f;
    snprintf(path, sizeof path, "%s/%03zu", dir, number);
    f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(EX_CANTCREAT);
    }
    fwrite(head, 1, sizeof head, f);
    for (size_t i = 0; i < d->n; i++) {
        const struct step *s = &d->steps[i];
        if (s->kind == STEP_CLIENT)
            fwrite(s->text, 1, s->len, f);
        else if (s->kind == STEP_TLS)
            fputs("\xff"
                  "T",
                  f);
    }
    fclose(f);
}

static void report(const struct dialogue *d, bool ok, const struct step *step,
                   const char *why)
{
    printf("%s - %s\n", ok ? "ok" : "not ok", d->name);
    if (!ok)
        printf("# %s:%u: %s\n", d->file, step ? step->line : d->line, why);
    fflush(stdout);
}

static int play_all(const struct dialogues *all, const struct arguments *a)
{
    bool pure = a->o.place & PLACE_PURE;
    struct peer *peer = pure ? pure_new(&a->o) : live_new(&a->o);
    unsigned played = 0, failed = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct step *step = NULL;
        bool ok;
        if (!playable(&all->v[i], a))
            continue;
        ok = play(peer, &all->v[i], &step);
        report(&all->v[i], ok, step, peer->why);
        played++;
        failed += !ok;
    }
    printf("# %u dialogues, %u failed\n", played, failed);
    if (pure)
        pure_free(peer);
    else
        live_free(peer);
    return failed || !played ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void dialogues_release(struct dialogues *all)
{
    for (size_t i = 0; i < all->n; i++) {
        struct dialogue *d = &all->v[i];
        for (size_t j = 0; j < d->n; j++)
            free(d->steps[j].text);
        free(d->steps);
        free(d->name);
        free(d->settings);
        free(d->client);
    }
    free(all->v);
}

int main(int argc, char **argv)
{
    struct arguments a = {0};
    struct dialogues all = {0};
    int first = arguments(argc, argv, &a), result = EXIT_SUCCESS;
    signal(SIGPIPE, SIG_IGN);
    log_open("dialogues");
    for (int i = first; i < argc; i++)
        parse_file(argv[i], &all);
    if (a.settings_only)
        print_settings(&all);
    for (size_t i = 0; a.dump && i < all.n; i++)
        dump(&all.v[i], a.dump, i);
    if (!a.settings_only && !a.dump) {
        if (!(a.o.place & PLACE_PURE) && (!a.o.host || !a.o.mail))
            usage();
        result = play_all(&all, &a);
    }
    dialogues_release(&all);
    return result;
}
