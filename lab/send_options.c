/*
 * The command line of "tarrylab send".  Hosts are looked up once, before the
 * first attempt; of several addresses of a name the first is taken.
 */
#include "lab/load.h"
#include "lab/send.h"

#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* "host:port", "[::1]:25" */
static bool add_host(struct sending *s, const char *text)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(text, ':');
    char host[256];
    size_t len;
    int e;

    if (colon == NULL || s->nhosts == SEND_HOSTS) {
        fprintf(stderr, "tarrylab: %s: %s\n", text,
                colon == NULL ? "has no port; write HOST:25"
                              : "a host too many");
        return false;
    }
    len = (size_t)(colon - text);
    if (*text == '[' && len > 2 && colon[-1] == ']') {
        text++;
        len -= 2;
    }
    snprintf(host, sizeof(host), "%.*s", (int)len, text);
    e = getaddrinfo(host, colon + 1, &hints, &s->hosts[s->nhosts]);
    if (e != 0) {
        fprintf(stderr, "tarrylab: %s: %s\n", host, gai_strerror(e));
        return false;
    }
    s->nhosts++;
    return true;
}

static const struct option long_options[] = {
    {"etc", required_argument, NULL, 'e'},
    {"profile", required_argument, NULL, 'p'},
    {"from", required_argument, NULL, 'f'},
    {"to", required_argument, NULL, 't'},
    {"helo", required_argument, NULL, 'h'},
    {"speed", required_argument, NULL, 's'},
    {"seed", required_argument, NULL, 'S'},
    {"source", required_argument, NULL, 'a'},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0}};

static bool take_option(struct sending *s, int c, const char **profile)
{
    char *end = NULL;

    switch (c) {
    case 'e':
        load_from(optarg);
        return true;
    case 'p':
        *profile = optarg;
        return true;
    case 'f':
        return address_parse(optarg, 0, &s->from) == ADDRESS_OK;
    case 't':
        return address_parse(optarg, ADDRESS_POSTMASTER, &s->to) == ADDRESS_OK;
    case 'h':
        s->helo = optarg;
        return address_is_hostname(optarg, strlen(optarg));
    case 's':
        s->speed = strtod(optarg, &end);
        return *end == '\0' && s->speed >= 0.001 && s->speed <= 1e6;
    case 'S':
        s->seed = strtoull(optarg, &end, 10);
        return *end == '\0' && end != optarg;
    case 'a':
        return s->nsources < PROFILE_POOL &&
               netaddr_parse(optarg, &s->sources[s->nsources++]);
    case 'j':
        s->json = true;
        return true;
    default:
        return false;
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: tarrylab send --profile PROFILE --to ADDRESS "
                    "[--from ADDRESS] [--helo NAME]\n"
                    "                     [--speed N] [--seed N] "
                    "[--source ADDRESS] ... [--json]\n"
                    "                     [--etc DIR] HOST:PORT ...\n");
    return EX_USAGE;
}

int send_options(int argc, char **argv, struct sending *s)
{
    const char *profile = NULL;
    int c;

    optind = 1;
    load_from(NULL);
    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!take_option(s, c, &profile)) {
            if (c != '?')
                fprintf(stderr, "tarrylab: %s: what is this?\n", optarg);
            return usage();
        }
    if (profile == NULL || optind == argc || s->to.local[0] == '\0')
        return usage();
    for (int i = optind; i < argc; i++)
        if (!add_host(s, argv[i]))
            return EX_USAGE;
    s->profile = load_profile(profile);
    return s->profile != NULL ? EX_OK : EX_CONFIG;
}
