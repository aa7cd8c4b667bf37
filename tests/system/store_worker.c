/*
 * For tests: the greylist's store in a process that may be killed.
 *
 *   store_worker work FOLDER JOURNAL SEED
 *
 * writes, forgets, walks, expires and reopens at random until it is killed,
 * alone and several held together; it notes them in JOURNAL.next before, and in
 * JOURNAL as soon as the store said that they are done.
 *
 *   store_worker check FOLDER JOURNAL
 *
 * opens, compares with the journal, closes.  The last of each record's entries
 * must be what is there; what was under way when the worker was killed may be
 * there too, all of it or nothing.
 *
 *   store_worker postgrey FOLDER SCRATCH
 *
 * prints a postgrey's database, a line a record.
 */
#include "greylist/postgrey.h"
#include "greylist/store.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORDS    20000
#define IDENTITIES 500
#define TOGETHER   16
#define CACHE      (2u << 20) /* small, so that pages are written at all times */

/* What is known of a record or a client: by what operation, and how. */
struct entry {
    uint32_t number; /* of the transaction */
    uint16_t identity;
    uint16_t kind; /* 1: record written, 2: removed, 3: and its client */
    uint32_t record;
};

static struct store *store;
static uint64_t state;

static uint32_t chance(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % n);
}

static void open_store(const char *folder)
{
    char error[256];

    store = store_open(folder, CACHE, error, sizeof(error));
    if (store == NULL)
        errx(1, "%s", error);
}

static void make_key(uint32_t record, char identity[32], char sender[64])
{
    snprintf(identity, 32, "n%u.example", record % IDENTITIES);
    snprintf(sender, 64, "sender-%u@example.com", record);
}

static int write_record(uint32_t record, uint32_t number, bool with_client)
{
    struct record r = {.first = 1, .last = number, .refused = number};
    struct client_record c = {.last = number, .passed = number};
    char identity[32], sender[64];

    make_key(record, identity, sender);
    return store_write(store, identity, sender, "r@example.org", &r,
                       with_client ? &c : NULL);
}

static int forget_record(uint32_t record)
{
    char identity[32], sender[64];

    make_key(record, identity, sender);
    return store_forget(store, identity, sender, "r@example.org");
}

/* A step that goes over pages and finds nothing to remove. */
static void expire_some(struct store_expiry *e)
{
    static const struct policy p = {.delay_sec = 1, .window_sec = 1};

    if (store_expire(store, e, &p, 0, 200) < 0)
        errx(1, "expiry failed");
}

/* Goes on counting where the last worker ended. */
static uint32_t last_number(int journal)
{
    struct stat st;
    struct entry e;

    if (fstat(journal, &st) != 0)
        err(1, "journal");
    if (st.st_size < (off_t)sizeof(e))
        return 0;
    if (pread(journal, &e, sizeof(e), st.st_size - (off_t)sizeof(e)) !=
        (ssize_t)sizeof(e))
        err(1, "journal");
    return e.number;
}

static void operate(const struct entry *e)
{
    int rc = e->kind == 2 ? forget_record(e->record)
                          : write_record(e->record, e->number, e->kind == 3);

    if (rc < 0)
        errx(1, "the store failed");
}

/* One transaction, of one operation or of several that are held together. */
static void transact(int journal, int next, uint32_t number)
{
    struct entry e[TOGETHER] = {{0}};
    uint32_t n = chance(2) == 0 ? 1 : 1 + chance(TOGETHER);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t dice = chance(20);

        e[i].number = number;
        e[i].record = chance(RECORDS);
        e[i].identity = (uint16_t)(e[i].record % IDENTITIES);
        e[i].kind = dice < 3 ? 2 : dice < 8 ? 3 : 1;
    }
    if (pwrite(next, e, sizeof(e), 0) != sizeof(e))
        err(1, "journal");
    if (n > 1)
        store_hold(store);
    for (uint32_t i = 0; i < n; i++)
        operate(&e[i]);
    if (store_release(store) != 0)
        errx(1, "the store failed");
    if (write(journal, e, n * sizeof(*e)) != (ssize_t)(n * sizeof(*e)))
        err(1, "journal");
}

static int open_next(const char *file)
{
    char name[4096];
    int fd;

    snprintf(name, sizeof(name), "%s.next", file);
    fd = open(name, O_RDWR | O_CREAT, 0600);
    if (fd < 0)
        err(1, "%s", name);
    return fd;
}

static void work(const char *folder, const char *file, const char *seed)
{
    int journal = open(file, O_RDWR | O_CREAT | O_APPEND, 0600);
    int next = open_next(file);
    struct store_expiry expiry = {0};
    uint32_t number;

    if (journal < 0)
        err(1, "%s", file);
    state = strtoull(seed, NULL, 10);
    open_store(folder);
    /* check() noted what was under way: the next number is free. */
    for (number = last_number(journal) + 1;; number++) {
        transact(journal, next, number);
        if (chance(100) == 0)
            expire_some(&expiry);
        if (chance(20000) == 0) {
            store_close(store);
            open_store(folder);
        }
    }
}

/* The last entry of each, and of each client. */
static struct entry last[RECORDS], last_client[IDENTITIES];

static void take(const struct entry *e)
{
    last[e->record] = *e;
    if (e->kind == 3)
        last_client[e->identity] = *e;
}

static uint32_t read_journal(const char *file)
{
    FILE *f = fopen(file, "r");
    struct entry e;
    uint32_t number = 0;

    if (f == NULL)
        err(1, "%s", file);
    while (fread(&e, sizeof(e), 1, f) == 1) {
        take(&e);
        number = e.number;
    }
    fclose(f);
    return number;
}

/* A kill between two pages of a write(2) leaves a part of what it wrote. */
static void cut_torn_entry(const char *file)
{
    struct stat st;

    if (stat(file, &st) != 0 ||
        truncate(file, st.st_size - st.st_size % (off_t)sizeof(struct entry)))
        err(1, "%s", file);
}

static unsigned wrong;

static void complain(const char *what, uint32_t which, uint32_t found,
                     uint32_t expected)
{
    if (wrong++ < 10)
        fprintf(stderr, "# %s %u: %u instead of %u\n", what, which, found,
                expected);
}

/* How many records and clients are not as they should be; tells of them. */
static unsigned compare(bool tell)
{
    char identity[32], sender[64];
    unsigned different = 0;

    for (uint32_t i = 0; i < RECORDS; i++) {
        uint32_t expected = last[i].kind == 2 ? 0 : last[i].number;
        uint32_t client = last_client[i % IDENTITIES].number;
        struct client_record c;
        struct record r;

        make_key(i, identity, sender);
        if (store_read(store, identity, sender, "r@example.org", &r, &c) != 0)
            errx(1, "cannot read");
        if (r.last != r.refused || c.last != c.passed)
            complain("halves of", i, r.refused, (uint32_t)r.last);
        different += r.last != expected || c.last != client;
        if (tell && r.last != expected)
            complain("record", i, (uint32_t)r.last, expected);
        if (tell && c.last != client)
            complain("client of", i, (uint32_t)c.last, client);
    }
    return different;
}

/* What was under way, if it has that number, is done: the next round must find
 * it. */
static void take_next(const char *file, uint32_t number)
{
    FILE *f = fopen(file, "a");
    struct entry e[TOGETHER];
    int next = open_next(file);

    if (f == NULL || pread(next, e, sizeof(e), 0) != sizeof(e))
        errx(1, "nothing was under way");
    for (int i = 0; i < TOGETHER && e[i].number == number; i++) {
        take(&e[i]);
        if (fwrite(&e[i], sizeof(e[i]), 1, f) != 1)
            err(1, "%s", file);
    }
    close(next);
    if (fclose(f) != 0)
        err(1, "%s", file);
}

static unsigned count(const struct store_entry *e, void *arg)
{
    unsigned *n = arg;

    (void)e;
    ++*n;
    return 0;
}

static void check(const char *folder, const char *file)
{
    struct store_condition condition;
    struct store_place place = {0};
    unsigned walked = 0, expected = 0;
    uint32_t number;

    cut_torn_entry(file);
    number = read_journal(file);
    if (number > 0) /* the last may be there in part */
        take_next(file, number);
    open_store(folder);
    store_condition(store, &condition);
    if (condition.set_aside > 0 || !condition.works)
        errx(1, "not recovered, but set aside");
    if (compare(false) > 0) {
        take_next(file, number + 1);
        (void)compare(true);
    }
    while (store_walk(store, STORE_TRIPLETS, &place, 1000, count, &walked) == 1)
        continue;
    for (unsigned i = 0; i < RECORDS; i++)
        expected += last[i].number != 0 && last[i].kind != 2;
    if (walked != expected)
        complain("records in all", 0, walked, expected);
    store_close(store);
    printf("%" PRIu32 " transactions, %u records, %.1f MB of logs\n", number,
           walked, (double)condition.log_octets / 1e6);
    if (wrong > 0)
        errx(1, "%u wrong", wrong);
}

static void show_triplet(const struct postgrey_triplet *t, void *arg)
{
    (void)arg;
    printf("triplet %s %s %s %" PRId64 " %" PRId64 "\n", t->network, t->sender,
           t->recipient, t->first, t->last);
}

static void show_client(const struct postgrey_client *c, void *arg)
{
    (void)arg;
    printf("client %s %u %" PRId64 "\n", c->address, c->count, c->last);
}

static void show_postgrey(const char *folder, const char *scratch)
{
    static const struct postgrey_ops ops = {show_triplet, show_client};
    struct postgrey_result result;
    char error[512];

    if (postgrey_read(folder, scratch, &ops, NULL, &result, error,
                      sizeof(error)) != 0)
        errx(1, "%s", error);
    printf("%" PRIu64 " triplets, %" PRIu64 " clients, %" PRIu64
           " unreadable\n",
           result.triplets, result.clients, result.unreadable);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "work") == 0)
        work(argv[2], argv[3], argv[4]);
    else if (argc == 4 && strcmp(argv[1], "check") == 0)
        check(argv[2], argv[3]);
    else if (argc == 4 && strcmp(argv[1], "postgrey") == 0)
        show_postgrey(argv[2], argv[3]);
    else
        errx(64, "usage: store_worker work|check|postgrey FOLDER ...");
    return 0;
}
