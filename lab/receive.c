/*
 * tarrylab receive: a receiver that misbehaves to order, and judges who
 * retries; and tarrylab verdict, which judges a record again.
 *
 * It stores no mail, needs no root, and opens nothing but its listeners and
 * its record.  It is for a laboratory: everyone who can reach it is served.
 */
#include "lab/receive.h"
#include "lab/commands.h"
#include "lab/verdict_print.h"

#include "lib/conf.h"
#include "lib/log.h"

#include <errno.h>
#include <event2/listener.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define ADDRESSES 8

/* What --listen names: hosts of the domain, in the order of preference. */
struct listen {
    char list[768];         /* as the configuration wants it */
    unsigned mx[ADDRESSES]; /* whose the addresses are */
    size_t n;
    unsigned hosts;
};

struct host {
    struct trap *trap;
    unsigned mx;
    struct evconnlistener *listener;
};

struct options {
    struct listen listen;
    struct conf *conf; /* only for reading the addresses */
    const char *record;
    double speed;
    unsigned for_sec;
    bool json, reports;
};

static void on_accept(struct evconnlistener *l, evutil_socket_t fd,
                      struct sockaddr *sa, int len, void *arg)
{
    struct host *h = arg;
    struct netaddr client = netaddr_from_sockaddr(sa);

    (void)l, (void)len;
    conn_new(h->trap, h->mx, fd, &client);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    evconnlistener_enable(arg);
}

/* No file descriptor is left: others may be done in a second. */
static void on_accept_failed(struct evconnlistener *l, void *arg)
{
    struct host *h = arg;
    struct timeval second = {.tv_sec = 1};

    fprintf(stderr, "tarrylab: a connection has to wait: %s\n",
            strerror(errno));
    evconnlistener_disable(l);
    event_base_once(h->trap->base, -1, EV_TIMEOUT, on_pause_over, l, &second);
}

static void on_end(evutil_socket_t signal, short what, void *arg)
{
    (void)signal, (void)what;
    event_base_loopbreak(arg);
}

/* Listeners are read as tarry.conf reads them, and refused in its words. */
static struct conf *parse_listen(const char *list)
{
    char text[1024], err[1024];
    struct conf *c;

    snprintf(text, sizeof(text),
             "hostname = \"lab.example\"\nlisten = { %s }\n"
             "domains = { \"lab.example\" }\nmailboxes = \"/none/%%u\"\n",
             list);
    c = conf_parse("--listen", text, strlen(text), err, sizeof(err));
    if (c == NULL)
        fprintf(stderr, "tarrylab: %s\n", err);
    return c;
}

static const struct option long_options[] = {
    {"listen", required_argument, NULL, 'l'},
    {"record", required_argument, NULL, 'r'},
    {"speed", required_argument, NULL, 's'},
    {"for", required_argument, NULL, 'f'},
    {"json", no_argument, NULL, 'j'},
    {"reports", no_argument, NULL, 'R'},
    {NULL, 0, NULL, 0}};

/* The addresses of one host, with commas between. */
static bool add_listen(struct listen *l, const char *addresses)
{
    char *copy = xstrdup(addresses), *rest = copy, *address;
    bool ok = strpbrk(addresses, "\"\\$") == NULL;

    while (ok && (address = strsep(&rest, ",")) != NULL) {
        size_t used = strlen(l->list);
        int n = snprintf(l->list + used, sizeof(l->list) - used, "%s\"%s\"",
                         used > 0 ? ", " : "", address);

        ok = l->n < ADDRESSES && (size_t)n < sizeof(l->list) - used;
        if (ok)
            l->mx[l->n++] = l->hosts;
    }
    l->hosts++;
    free(copy);
    return ok;
}

static bool read_options(int argc, char **argv, struct options *o)
{
    char *end;
    int c;

    optind = 1;
    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (c == 'l' && !add_listen(&o->listen, optarg))
            return false;
        if (c == 'r')
            o->record = optarg;
        if (c == 's') {
            o->speed = strtod(optarg, &end);
            if (*end != '\0' ||
                !(o->speed >= SEEN_SLOWEST && o->speed <= SEEN_FASTEST))
                return false;
        }
        if (c == 'f' && conf_duration(optarg, &o->for_sec) != 0)
            return false;
        o->json |= c == 'j';
        o->reports |= c == 'R';
        if (c == '?')
            return false;
    }
    if (optind != argc || o->listen.n == 0)
        return false;
    o->conf = parse_listen(o->listen.list);
    return o->conf != NULL;
}

static int listen_all(struct trap *t, const struct options *o,
                      struct host hosts[ADDRESSES])
{
    for (size_t i = 0; i < o->listen.n; i++) {
        const struct conf_listen *l = &o->conf->listen[i];

        hosts[i].trap = t;
        hosts[i].mx = o->listen.mx[i];
        hosts[i].listener = evconnlistener_new_bind(
            t->base, on_accept, &hosts[i],
            LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 128,
            (const struct sockaddr *)&l->address, (int)l->address_len);
        if (hosts[i].listener == NULL) {
            fprintf(stderr, "tarrylab: %s: %s\n", l->text, strerror(errno));
            return -1;
        }
        evconnlistener_set_error_cb(hosts[i].listener, on_accept_failed);
    }
    return 0;
}

static void serve(struct trap *t, unsigned for_sec)
{
    struct timeval end = {.tv_sec = for_sec};
    struct event *events[] = {evsignal_new(t->base, SIGINT, on_end, t->base),
                              evsignal_new(t->base, SIGTERM, on_end, t->base),
                              evtimer_new(t->base, on_end, t->base)};

    event_add(events[0], NULL);
    event_add(events[1], NULL);
    if (for_sec > 0)
        event_add(events[2], &end);
    fprintf(stderr, "tarrylab: ready\n");
    event_base_dispatch(t->base);
    while (t->connections != NULL) {
        house_end(t->connections);
        conn_free(t->connections);
    }
    for (size_t i = 0; i < 3; i++)
        event_free(events[i]);
}

static int run(struct trap *t, const struct options *o)
{
    struct host hosts[ADDRESSES] = {0};
    const char *wrong;
    unsigned line;
    int exit_code = EX_OSERR;

    if (o->record != NULL &&
        (wrong = book_open(&t->book, o->record, &line)) != NULL) {
        if (line == 0)
            fprintf(stderr, "tarrylab: %s: %s\n", o->record, wrong);
        else
            fprintf(stderr, "tarrylab: %s:%u: %s\n", o->record, line, wrong);
        return line == 0 ? EX_CANTCREAT : EX_DATAERR;
    }
    if (listen_all(t, o, hosts) == 0) {
        serve(t, o->for_sec);
        exit_code =
            verdict_print(stdout, &t->book.seen, book_now_ms(), o->json) > 0;
        if (t->book.failed)
            exit_code = EX_IOERR;
    }
    for (size_t i = 0; i < ADDRESSES; i++)
        if (hosts[i].listener != NULL)
            evconnlistener_free(hosts[i].listener);
    return exit_code;
}

int lab_receive(int argc, char **argv)
{
    struct options o = {.speed = 1};
    struct trap t = {.hostname = "lab.example"};
    int exit_code;

    if (!read_options(argc, argv, &o)) {
        fprintf(
            stderr,
            "usage: tarrylab receive --listen ADDRESS:PORT[,ADDRESS:PORT] ... "
            "[--record FILE]\n"
            "                        [--speed N] [--for TIME] [--reports] "
            "[--json]\n");
        return EX_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    t.base = event_base_new();
    if (t.base == NULL)
        fatal(EX_OSERR, "no event loop");
    t.book.seen.speed = o.speed;
    t.book.seen.sees_reports = o.reports;
    t.book.timeline = o.json ? NULL : stdout;
    exit_code = run(&t, &o);
    book_close(&t.book);
    event_base_free(t.base);
    conf_free(o.conf);
    return exit_code;
}

int lab_verdict(int argc, char **argv)
{
    bool json = argc == 3 && strcmp(argv[1], "--json") == 0;
    const char *path = argv[argc - 1], *wrong;
    struct seen_list l;
    unsigned line;
    int exit_code;
    FILE *f;

    if (argc != 2 && !json) {
        fprintf(stderr, "usage: tarrylab verdict [--json] FILE\n");
        return EX_USAGE;
    }
    f = fopen(path, "re");
    if (f == NULL) {
        fprintf(stderr, "tarrylab: %s: %s\n", path, strerror(errno));
        return EX_NOINPUT;
    }
    wrong = seen_read(f, &l, &line);
    fclose(f);
    if (wrong != NULL) {
        fprintf(stderr, "tarrylab: %s:%u: %s\n", path, line, wrong);
        exit_code = EX_DATAERR;
    } else {
        exit_code = verdict_print(stdout, &l,
                                  l.ended_ms > 0 ? l.ended_ms : book_now_ms(),
                                  json) > 0;
    }
    seen_release(&l);
    return exit_code;
}
