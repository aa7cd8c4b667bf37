/*
 * Messages a second that deliver makes durable: usage
 *
 *     bench-deliver FOLDER [transactions [messages [octets [boxes]]]]
 *
 * FOLDER must exist and stay: ext4 is slow to make files for a while after
 * many were removed, so runs to be compared get fresh folders.  Some
 * transactions (20) are always under way, each with one message of so many
 * octets (4096) for one of so many mailboxes (20).
 */
#include "tests/driver/deliver.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start(struct driver *d, uint64_t id, unsigned boxes)
{
    char to[64];
    const char *recipients[] = {to, NULL};

    snprintf(to, sizeof(to), "u%u@example.org", (unsigned)(id % boxes));
    driver_open(d, id, "sender@example.net", recipients);
}

int main(int argc, char **argv)
{
    unsigned under_way = argc > 2 ? (unsigned)atoi(argv[2]) : 20;
    unsigned messages = argc > 3 ? (unsigned)atoi(argv[3]) : 20000;
    unsigned octets = argc > 4 ? (unsigned)atoi(argv[4]) : 4096;
    unsigned boxes = argc > 5 ? (unsigned)atoi(argv[5]) : 20;
    char conf[2048], path[512], *body;
    unsigned begun = 0, done = 0, failed = 0;
    struct driver d;
    double t;

    if (argc < 2)
        return 64;
    snprintf(path, sizeof(path), "%s/state", argv[1]);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/mail", argv[1]);
    mkdir(path, 0700);
    for (unsigned i = 0; i < boxes; i++) {
        snprintf(path, sizeof(path), "%s/mail/u%u", argv[1], i);
        mkdir(path, 0700);
    }
    snprintf(conf, sizeof(conf),
             "hostname = \"mx.example.org\"\ndomains = { \"example.org\" }\n"
             "state = \"%s/state\"\nmailboxes = \"%s/mail/%%u\"\n",
             argv[1], argv[1]);
    body = malloc(octets);
    memset(body, 'x', octets);
    driver_start(&d, conf, NULL, NULL);
    t = seconds();
    for (; begun < under_way; begun++)
        start(&d, begun, boxes);
    while (done < messages) {
        struct driver_reply r = driver_receive(d.smtpd);

        if (r.closed)
            return 1;
        if (r.header.type == MSG_OPENED && r.value == STORED_OK) {
            if (write(r.fd, body, octets) != (ssize_t)octets)
                return 1;
            close(r.fd);
            driver_commit(&d, r.header.id, octets);
            continue;
        }
        failed += r.value != STORED_OK;
        done++;
        if (begun < messages)
            start(&d, begun++, boxes);
    }
    t = seconds() - t;
    printf("%.0f msg/s (%u messages of %u octets, %u under way, %llu flushes, "
           "%u failed)\n",
           messages / t, messages, octets, under_way,
           (unsigned long long)driver_count(&d, STAT_FLUSHES), failed);
    return driver_stop(&d) != 0;
}
