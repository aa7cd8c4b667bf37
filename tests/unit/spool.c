/* The spool on disk (queue/spool.c, spool_scan.c): its states and crashes. */
#include "queue/spool.h"
#include "queue/destinations.h"
#include "queue/message.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct spool *spool;
static uint64_t seen[16];
static size_t nseen;

static void setup(void)
{
    strcpy(dir, "/var/tmp/tarry-spool.XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    spool = spool_open(dir);
    cr_assert_not_null(spool);
}

static void empty(const char *path)
{
    DIR *d = opendir(path);
    const struct dirent *e;
    char name[512];

    while (d != NULL && (e = readdir(d)) != NULL) {
        snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
        unlink(name);
    }
    if (d != NULL)
        closedir(d);
}

static void teardown(void)
{
    char damaged[80];

    spool_close(spool);
    snprintf(damaged, sizeof(damaged), "%s/damaged", dir);
    empty(damaged);
    rmdir(damaged);
    empty(dir);
    rmdir(dir);
}

TestSuite(spool, .init = setup, .fini = teardown);

static bool is_there(const char *format, uint64_t id, const char *kind)
{
    char name[SPOOL_NAME], path[256];
    char where[128];

    snprintf(where, sizeof(where), "%s/%s", dir, format);
    snprintf(path, sizeof(path), "%s%s.%s", where, spool_name(id, name), kind);
    return access(path, F_OK) == 0;
}

/* Up to a state: 1 body, 2 body and record, 3 accepted. */
static uint64_t make(int state)
{
    struct record_rcpt to = {.address = "b@example.com", .orcpt = ""};
    struct record r = {.id = spool_id(spool),
                       .queued = 1,
                       .session = "s",
                       .sender = "a@example.org",
                       .envid = "",
                       .n = 1,
                       .rcpts = &to};
    int fd = spool_create(spool, r.id);

    cr_assert_eq(write(fd, "x\n", 2), 2);
    close(fd);
    if (state >= 2)
        cr_assert_eq(spool_write(spool, &r), 0);
    if (state >= 3)
        cr_assert_eq(spool_publish(spool, r.id), 0);
    return r.id;
}

static void note(struct record *r, void *arg)
{
    (void)arg;
    seen[nseen++] = r->id;
    record_free(r);
}

static size_t scan(void)
{
    nseen = 0;
    cr_assert_geq(spool_scan(spool, note, NULL), 0);
    return nseen;
}

Test(spool, forgets_at_start_what_was_not_accepted)
{
    uint64_t one = make(1), two = make(2), three = make(3);

    cr_assert_eq(scan(), 1);
    cr_expect_eq(seen[0], three);
    cr_expect_not(is_there("", one, "body"));
    cr_expect_not(is_there("", two, "body"));
    cr_expect_not(is_there("", two, "new"));
    cr_expect(is_there("", three, "body"));
}

Test(spool, forgets_what_was_removed_but_for_the_last_step)
{
    uint64_t id = make(3);

    spool_remove_record(spool, id);
    cr_expect_eq(scan(), 0);
    cr_expect_not(is_there("", id, "body"));
}

Test(spool, sets_a_damaged_record_aside_and_goes_on)
{
    uint64_t bad = make(3), good = make(3);
    int fd = spool_open_record(spool, bad);

    cr_assert_eq(ftruncate(fd, 30), 0);
    close(fd);
    cr_assert_eq(scan(), 1);
    cr_expect_eq(seen[0], good);
    cr_expect(is_there("damaged/", bad, "env"));
    cr_expect(is_there("damaged/", bad, "body"));
    cr_expect_eq(scan(), 1, "and only once");
}

Test(spool, sets_a_record_without_its_message_aside)
{
    uint64_t id = make(3);
    char name[SPOOL_NAME], path[128];

    snprintf(path, sizeof(path), "%s/%s.body", dir, spool_name(id, name));
    unlink(path);
    cr_expect_eq(scan(), 0);
    cr_expect(is_there("damaged/", id, "env"));
}

Test(spool, cuts_a_torn_line_away_at_start)
{
    uint64_t id = make(3);
    int fd = spool_open_record(spool, id);
    struct stat before, after;

    cr_assert_eq(fstat(fd, &before), 0);
    cr_assert_eq(spool_append(fd, "deferred 17", 11), 0);
    cr_expect_eq(scan(), 1);
    cr_assert_eq(fstat(fd, &after), 0);
    cr_expect_eq(after.st_size, before.st_size);
    close(fd);
}

Test(spool, leaves_strange_files_alone)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/README.txt", dir);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    close(fd);
    cr_expect_eq(scan(), 0);
    cr_expect_eq(access(path, F_OK), 0);
}

Test(spool, gives_no_number_twice)
{
    uint64_t last = 0;

    for (unsigned i = 0; i < 10000; i++) {
        uint64_t id = spool_id(spool);

        cr_assert_gt(id, last);
        last = id;
    }
    make(3);
    scan();
    cr_expect_gt(spool_id(spool), last);
}

/* A report that is owed gets its number while the others are still read. */
static void take_number(struct record *r, void *arg)
{
    cr_expect_gt(spool_id(spool), *(const uint64_t *)arg);
    record_free(r);
}

Test(spool, gives_no_number_that_the_scan_has_still_to_come_to)
{
    struct record_rcpt to = {.address = "b@example.com", .orcpt = ""};
    struct record r = {.queued = 1,
                       .session = "s",
                       .sender = "",
                       .envid = "",
                       .n = 1,
                       .rcpts = &to};
    uint64_t last = 0;

    for (unsigned i = 0; i < 3; i++) {
        /* The clock was ahead when they were accepted. */
        r.id = last = UINT64_MAX / 2 + i;
        close(spool_create(spool, r.id));
        cr_assert_eq(spool_write(spool, &r), 0);
        cr_assert_eq(spool_publish(spool, r.id), 0);
    }
    cr_expect_eq(spool_scan(spool, take_number, &last), 3);
}

Test(spool, shares_a_message_between_two_records)
{
    uint64_t one = make(3), two = spool_id(spool);
    char text[8] = "";
    int fd;

    cr_assert_eq(spool_link(spool, one, two), 0);
    spool_remove(spool, one);
    fd = spool_open_body(spool, two);
    cr_assert_eq(read(fd, text, sizeof(text)), 2);
    cr_expect_str_eq(text, "x\n");
    close(fd);
}

Test(spool, reads_its_own_names)
{
    char name[SPOOL_NAME];
    uint64_t id;

    cr_expect(spool_parse(spool_name(0x660CD54C53ED5, name), &id));
    cr_expect_eq(id, 0x660CD54C53ED5);
    cr_expect_not(spool_parse("", &id));
    cr_expect_not(spool_parse("12G", &id));
    cr_expect_not(spool_parse("0123456789ABCDEF0", &id));
}

/* Memory of N messages with one recipient, each at a domain of its own. */
Test(spool, needs_at_most_300_octets_of_memory_for_a_recipient)
{
    enum { N = 100000 };
    static struct messages messages;
    static struct destinations destinations;
    static struct timers timers;
    size_t before = mallinfo2().uordblks, used;

    for (unsigned i = 0; i < N; i++) {
        struct record_rcpt to = {.address = "", .orcpt = ""};
        struct record r = {.id = i + 1, .sender = "a@b", .n = 1, .rcpts = &to};
        struct message *m = message_new(&r, 1);
        char domain[32];

        snprintf(domain, sizeof(domain), "mail%u.example.com", i);
        messages_add(&messages, m);
        destinations_join(destinations_get(&destinations, domain),
                          &m->rcpts[0]);
        timers_set(&timers, &m->rcpts[0].timer, i);
    }
    used = (mallinfo2().uordblks - before) / N;
    cr_expect_leq(used, MESSAGE_OCTETS, "%zu octets", used);
    cr_log_info("%zu octets a recipient", used);
    timers_release(&timers);
    messages_release(&messages);
    destinations_release(&destinations);
}
