/*
 * For tests: the greylist's store in a process that may be killed.
 *
 *   store_worker work FOLDER JOURNAL SEED
 *
 * writes, forgets, walks, expires and reopens at random until it is killed,
 * and notes each write and removal in JOURNAL as soon as the store said that it
 * is done.
 *
 *   store_worker check FOLDER JOURNAL
 *
 * opens, compares with the journal, closes.  The last of each record's entries
 * must be what is there; only what was under way when the worker was killed
 * (one operation, behind the last entry) may be there without an entry.
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
#define CACHE      (2u << 20) /* small, so that pages are written at all times */

/* What is known of a record or a client: by what operation, and how. */
struct entry {
    uint32_t number; /* of the operation */
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

static void operate(int journal, uint32_t number)
{
    struct entry e = {.number = number, .record = chance(RECORDS)};
    uint32_t dice = chance(20);
    int rc;

    e.identity = (uint16_t)(e.record % IDENTITIES);
    e.kind = dice < 3 ? 2 : dice < 8 ? 3 : 1;
    rc = e.kind == 2 ? forget_record(e.record)
                     : write_record(e.record, number, e.kind == 3);
    if (rc < 0)
        errx(1, "the store failed");
    if (write(journal, &e, sizeof(e)) != sizeof(e))
        err(1, "journal");
}

static void work(const char *folder, const char *file, const char *seed)
{
    int journal = open(file, O_RDWR | O_CREAT | O_APPEND, 0600);
    struct store_expiry expiry = {0};
    uint32_t number;

    if (journal < 0)
        err(1, "%s", file);
    state = strtoull(seed, NULL, 10);
    open_store(folder);
    /* check() noted what was under way: the next number is free. */
    for (number = last_number(journal) + 1;; number++) {
        operate(journal, number);
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

static uint32_t read_journal(const char *file)
{
    FILE *f = fopen(file, "r");
    struct entry e;
    uint32_t number = 0;

    if (f == NULL)
        err(1, "%s", file);
    while (fread(&e, sizeof(e), 1, f) == 1) {
        last[e.record] = e;
        if (e.kind == 3)
            last_client[e.identity] = e;
        number = e.number;
    }
    fclose(f);
    return number;
}

static unsigned wrong;

static void complain(const char *what, uint32_t which, uint32_t found,
                     uint32_t expected)
{
    if (wrong++ < 10)
        fprintf(stderr, "# %s %u: %u instead of %u\n", what, which, found,
                expected);
}

/*
 * Compares all records. One may be as the operation under way left it, with
 * the number behind the last, and its client if the record is: that one is
 * *under_way.  Returns false when there is none.
 */
static bool compare(uint32_t number, struct entry *under_way)
{
    char identity[32], sender[64];
    unsigned records = 0;

    for (uint32_t i = 0; i < RECORDS; i++) {
        uint32_t expected = last[i].kind == 2 ? 0 : last[i].number;
        struct client_record c;
        struct record r;

        make_key(i, identity, sender);
        if (store_read(store, identity, sender, "r@example.org", &r, &c) != 0)
            errx(1, "cannot read");
        if (r.last != r.refused || c.last != c.passed)
            complain("halves of", i, r.refused, (uint32_t)r.last);
        if (r.last == expected)
            continue;
        if ((r.last != number + 1 && r.last != 0) || records++ > 0)
            complain("record", i, (uint32_t)r.last, expected);
        *under_way = (struct entry){.number = number + 1,
                                    .identity = (uint16_t)(i % IDENTITIES),
                                    .record = i};
        under_way->kind = r.last == 0 ? 2 : c.last == number + 1 ? 3 : 1;
    }
    return records > 0;
}

/* It is done, so the next round must find it. */
static void note(const char *file, const struct entry *e)
{
    FILE *f = fopen(file, "a");

    if (f == NULL || fwrite(e, sizeof(*e), 1, f) != 1 || fclose(f) != 0)
        err(1, "%s", file);
    last[e->record] = *e;
    if (e->kind == 3)
        last_client[e->identity] = *e;
}

/* A client that is newer than its records would be half a transaction. */
static void check_clients(void)
{
    char identity[32], sender[64];

    for (uint32_t i = 0; i < IDENTITIES; i++) {
        struct client_record c;
        struct record r;

        make_key(i, identity, sender);
        if (store_read(store, identity, sender, "r@example.org", &r, &c) != 0)
            errx(1, "cannot read");
        if (c.last != last_client[i].number)
            complain("client", i, (uint32_t)c.last, last_client[i].number);
    }
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
    uint32_t number = read_journal(file);
    unsigned walked = 0, expected = 0;
    struct entry under_way;

    open_store(folder);
    store_condition(store, &condition);
    if (condition.set_aside > 0 || !condition.works)
        errx(1, "not recovered, but set aside");
    if (compare(number, &under_way))
        note(file, &under_way);
    check_clients();
    while (store_walk(store, STORE_TRIPLETS, &place, 1000, count, &walked) == 1)
        continue;
    for (unsigned i = 0; i < RECORDS; i++)
        expected += last[i].number != 0 && last[i].kind != 2;
    if (walked != expected)
        complain("records in all", 0, walked, expected);
    store_close(store);
    printf("%" PRIu32 " operations, %u records, %.1f MB of logs\n", number,
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
