/*
 * Makes an attempt history, for measuring what reads one.
 *
 *   history FOLDER ATTEMPTS [DAYS]       into a new folder; 30 days
 *
 * Of ten attempts seven are bots', all different, who never come back; the
 * others are regulars, and strangers who come back after some minutes.
 */
#include "greylist/history.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

struct texts {
    char identity[64], helo[64], sender[64], recipient[64];
};

static void bot(uint64_t h, struct attempt *a, struct texts *t)
{
    unsigned o[4] = {(unsigned)(h % 223) + 1, (unsigned)(h >> 8 & 255),
                     (unsigned)(h >> 16 & 255), (unsigned)(h >> 24 & 255)};

    for (int i = 0; i < 4; i++)
        a->client.octets[i] = (uint8_t)o[i];
    a->client.family = 4;
    a->decision = DECISION_NEW;
    a->reply = 450;
    snprintf(t->identity, sizeof(t->identity), "%u.%u.%u.0/24", o[0], o[1],
             o[2]);
    snprintf(t->helo, sizeof(t->helo), "host-%u-%u-%u-%u.provider%u.example",
             o[0], o[1], o[2], o[3], (unsigned)(h >> 40 & 15));
    snprintf(t->sender, sizeof(t->sender), "user%llx@domain%u.example",
             (unsigned long long)(h >> 20), (unsigned)(h >> 33 & 16383));
}

/* Attempts 7, 8 and 9 of ten: a stranger, the same again, a regular. */
static void server(uint64_t i, struct attempt *a, struct texts *t)
{
    uint64_t h = mix(i / 10 % 2000 + (i % 10 == 9 ? 0 : i / 20000));
    unsigned site = (unsigned)(h % 3000);

    a->client = (struct netaddr){
        4, {192, (uint8_t)(site >> 8), (uint8_t)site, (uint8_t)(h >> 16)}};
    a->decision = i % 10 == 9   ? DECISION_KNOWN
                  : i % 10 == 8 ? DECISION_RETURNED
                                : DECISION_NEW;
    a->passed = i % 10 > 7;
    a->reply = a->passed ? 250 : 450;
    if (i % 10 == 8)
        a->time += a->waited_sec = 300 + (unsigned)(h >> 30) % 3000;
    snprintf(t->identity, sizeof(t->identity), "site%u.example", site);
    snprintf(t->helo, sizeof(t->helo), "mx%u.site%u.example",
             (unsigned)(h >> 24 & 3), site);
    snprintf(t->sender, sizeof(t->sender), "person%llu@site%u.example",
             i % 10 == 9 ? 0ull : (unsigned long long)i / 10, site);
}

int main(int argc, char **argv)
{
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    int64_t span = (argc > 3 ? atoi(argv[3]) : 30) * 86400, now = time(NULL);
    char wrong[512];
    struct history *h;

    if (n < 16)
        errx(64, "usage: history FOLDER ATTEMPTS [DAYS]");
    h = history_open(argv[1], n + n / 8, 90, wrong, sizeof(wrong));
    if (h == NULL)
        errx(1, "%s", wrong);
    for (uint64_t i = 0; i < n; i++) {
        struct texts t = {0};
        struct attempt a = {.time = now - span - 3600 +
                                    (int64_t)(i * (uint64_t)span / n),
                            .identity = t.identity,
                            .helo = t.helo,
                            .sender = t.sender,
                            .recipient = t.recipient};

        if (i % 10 < 7)
            bot(mix(i), &a, &t);
        else
            server(i, &a, &t);
        snprintf(t.recipient, sizeof(t.recipient), "person%u@example.org",
                 (unsigned)(mix(i % 10 == 8 ? i - 1 : i) >> 12 & 255));
        if (history_add(h, &a) != 0)
            err(1, "%s", argv[1]);
    }
    history_close(h);
    return 0;
}
