/*
 * tarrylab send: behaves like the sender that a profile describes, against any
 * receiver, in real time or faster.
 *
 * The model is the simulation's (sender.h); here only time passes and sockets
 * are opened.  Its clock counts from the first attempt, --speed times faster
 * than ours; an attempt that took longer than the wait makes the next one
 * late, never early.  A wait that a reply names is of the receiver's clock,
 * and lasts as long by the sender's as that runs faster.  The message is small
 * and says what it is.
 */
#include "lab/send.h"
#include "lab/commands.h"
#include "lab/sender.h"
#include "lab/wire.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define TIMEOUT_MS   300000
#define DOT_LEAST_MS 2000 /* a receiver's disk is no faster for --speed */

/* Seconds of the sender's clock. */
static int64_t now(const struct sending *s)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)(((double)(t.tv_sec - s->began.tv_sec) +
                      (double)(t.tv_nsec - s->began.tv_nsec) / 1e9) *
                     s->speed);
}

static void sleep_until(const struct sending *s, int64_t at)
{
    double sec = (double)at / s->speed;
    struct timespec t = s->began;

    t.tv_sec += (time_t)sec;
    t.tv_nsec += (long)((sec - (double)(time_t)sec) * 1e9);
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

/*
 * Where the attempt comes from.  On the loopback network there are addresses
 * enough for any pool.
 */
static struct netaddr source(const struct sending *s,
                             const struct sender_attempt *a)
{
    const struct addrinfo *host = s->hosts[a->mx];
    struct netaddr to = netaddr_from_sockaddr(host->ai_addr);
    struct netaddr from = {.family = 4, .octets = {127, 1, 1, 1}};

    if (s->nsources > 0)
        return s->sources[a->address % s->nsources];
    if (to.family != 4 || to.octets[0] != 127 || s->profile->pool == POOL_ONE)
        return (struct netaddr){0};
    from.octets[s->profile->pool == POOL_MANY ? 2 : 3] =
        (uint8_t)(a->address + 1);
    return from;
}

/* The reverse-path; a new one differs in letters, not only in numbers. */
static void sender_text(const struct sending *s, unsigned number,
                        char out[ADDRESS_TEXT])
{
    struct address from = s->from;
    size_t len = strlen(from.local);

    if (s->profile->sender == SENDER_NULL)
        memset(&from, 0, sizeof(from));
    if (s->profile->sender == SENDER_NEW && len + 8 < sizeof(from.local)) {
        from.local[len++] = '-';
        for (; number > 25; number /= 26)
            from.local[len++] = (char)('a' + number % 26);
        from.local[len++] = (char)('a' + number);
        from.local[len] = '\0';
    }
    out[0] = '\0';
    if (from.domain[0] != '\0')
        address_text(&from, out, ADDRESS_TEXT);
}

static void tell(const struct sending *s, const struct sender_attempt *a,
                 const struct netaddr *from, const struct wire_end *end)
{
    char client[NETADDR_TEXT] = "-", code[16] = "";
    long at = (long)a->at;

    if (from->family != 0)
        netaddr_text(from, client, sizeof(client));
    if (s->json) {
        json_array_append_new(s->timeline,
                              json_pack("{s:I, s:s, s:i, s:s, s:i, s:s}", "at",
                                        (json_int_t)a->at, "client", client,
                                        "mx", (int)a->mx, "step",
                                        profile_step_word(end->step), "code",
                                        (int)end->code, "reply", end->reply));
        return;
    }
    if (end->code > 0)
        snprintf(code, sizeof(code), "%u ", end->code);
    printf("%3ldd %02ld:%02ld:%02ld  #%u mx%u %s  %s: %s%s\n", at / 86400,
           at / 3600 % 24, at / 60 % 60, at % 60, a->number, a->mx, client,
           profile_step_word(end->step), code, end->reply);
    fflush(stdout);
}

/* Of our clock. */
static unsigned patience_ms(const struct sending *s)
{
    double ms = s->profile->patience_sec * 1000.0 / s->speed;

    if (ms > INT_MAX)
        return INT_MAX;
    return ms > DOT_LEAST_MS ? (unsigned)ms : DOT_LEAST_MS;
}

/* What a receiver names is of our clock, too; the sender's is faster. */
static unsigned named_wait(const struct sending *s, const struct wire_end *end)
{
    double sec = end->wait_sec * s->speed;

    return sec < PROFILE_TIME ? (unsigned)sec : PROFILE_TIME;
}

static void attempt(struct sending *s, const struct sender_attempt *a,
                    struct wire_end *end)
{
    char from[ADDRESS_TEXT], to[ADDRESS_TEXT], message[2048];
    struct netaddr source_address = source(s, a);
    struct wire_visit v = {.host = s->hosts[a->mx],
                           .source = &source_address,
                           .helo = s->helo,
                           .from = from,
                           .to = to,
                           .message = message,
                           .profile = s->profile,
                           .timeout_ms = TIMEOUT_MS,
                           .dot_timeout_ms = patience_ms(s)};

    sender_text(s, a->sender, from);
    address_text(&s->to, to, sizeof(to));
    snprintf(message, sizeof(message),
             "From: <%s>\r\nTo: <%s>\r\nMessage-ID: <%s>\r\n"
             "Subject: laboratory\r\n\r\nA message.\r\n.\r\n",
             from, to, s->id);
    sleep_until(s, a->at);
    wire_visit(&v, end);
    tell(s, a, &source_address, end);
}

static const char *next_word(enum sender_next n)
{
    static const char *const words[] = {[SENDER_RETRY] = "retry",
                                        [SENDER_DONE] = "done",
                                        [SENDER_BOUNCED] = "bounced",
                                        [SENDER_SILENT] = "silent"};

    return words[n];
}

/* Until it is delivered, or given up. */
static int send_message(struct sending *s)
{
    struct sender sender;
    struct sender_attempt a;
    struct wire_end end;
    enum sender_next next;

    clock_gettime(CLOCK_MONOTONIC, &s->began);
    sender_begin(&sender, s->profile, s->nhosts, s->seed, 0, &a);
    do {
        int64_t ended;

        attempt(s, &a, &end);
        ended = now(s);
        next = sender_after(&sender, end.step, end.code, named_wait(s, &end),
                            ended > a.at ? ended : a.at, &a);
    } while (next == SENDER_RETRY);
    if (s->json) {
        json_t *all =
            json_pack("{s:s, s:s, s:o}", "profile", s->profile->name, "end",
                      next_word(next), "timeline", s->timeline);

        json_dumpf(all, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(all);
    } else {
        printf("%s\n", next_word(next));
    }
    return next == SENDER_DONE ? EX_OK : 1;
}

int lab_send(int argc, char **argv)
{
    static struct sending s = {
        .speed = 1,
        .seed = 1,
        .helo = "sender.example",
        .from = {.local = "joe", .domain = "sender.example"}};
    int exit_code = send_options(argc, argv, &s);

    if (exit_code == EX_OK) {
        s.timeline = json_array();
        snprintf(s.id, sizeof(s.id), "%llx.%s@sender.example",
                 (unsigned long long)time(NULL), s.profile->name);
        exit_code = send_message(&s);
    }
    for (unsigned i = 0; i < s.nhosts; i++)
        freeaddrinfo(s.hosts[i]);
    free(s.profile);
    return exit_code;
}
