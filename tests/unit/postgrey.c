/* A postgrey's database, made here in its form. tests/system has a real one. */
#include "greylist/postgrey.h"

#include <criterion/criterion.h>
#include <db.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], scratch[64], err[512], seen[4096];
static DB_ENV *env;
static DB *triplets, *clients;

static DB *open_table(const char *name)
{
    DB *db;

    cr_assert_eq(db_create(&db, env, 0), 0);
    cr_assert_eq(db->open(db, NULL, name, NULL, DB_BTREE,
                          DB_CREATE | DB_AUTO_COMMIT, 0600),
                 0);
    return db;
}

static void begin(void)
{
    strcpy(dir, "/tmp/tarry-postgrey-XXXXXX");
    strcpy(scratch, "/tmp/tarry-postgrey-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    cr_assert_not_null(mkdtemp(scratch));
    cr_assert_eq(db_env_create(&env, 0), 0);
    cr_assert_eq(env->open(env, dir,
                           DB_CREATE | DB_RECOVER | DB_INIT_TXN |
                               DB_INIT_MPOOL | DB_INIT_LOG,
                           0600),
                 0);
    triplets = open_table("postgrey.db");
    clients = open_table("postgrey_clients.db");
}

static void close_all(void)
{
    triplets->close(triplets, 0);
    clients->close(clients, 0);
    env->close(env, 0);
    env = NULL;
}

static void end(void)
{
    char command[256];

    if (env != NULL)
        close_all();
    snprintf(command, sizeof(command), "rm -rf '%s' '%s'", dir, scratch);
    cr_expect_eq(system(command), 0);
}

TestSuite(postgrey, .init = begin, .fini = end, .timeout = 60);

static void put(DB *db, const char *key, const char *value)
{
    DBT k = {.data = (void *)key, .size = (uint32_t)strlen(key)};
    DBT v = {.data = (void *)value, .size = (uint32_t)strlen(value)};

    cr_assert_eq(db->put(db, NULL, &k, &v, 0), 0);
}

static void see_triplet(const struct postgrey_triplet *t, void *arg)
{
    size_t len = strlen(seen);

    (void)arg;
    snprintf(seen + len, sizeof(seen) - len, "%s|%s|%s|%lld|%lld\n", t->network,
             t->sender, t->recipient, (long long)t->first, (long long)t->last);
}

static void see_client(const struct postgrey_client *c, void *arg)
{
    size_t len = strlen(seen);

    (void)arg;
    snprintf(seen + len, sizeof(seen) - len, "%s|%u|%lld\n", c->address,
             c->count, (long long)c->last);
}

static const struct postgrey_ops ops = {see_triplet, see_client};

static struct postgrey_result read_it(void)
{
    struct postgrey_result result;

    seen[0] = '\0';
    cr_assert_eq(
        postgrey_read(dir, scratch, &ops, NULL, &result, err, sizeof(err)), 0,
        "%s", err);
    return result;
}

Test(postgrey, shows_triplets_and_clients)
{
    struct postgrey_result result;

    put(triplets, "192.0.2.0/a@b.c/r@example.org", "1700000000,1700000400");
    put(triplets, "2001:db8:0:0:0:0:0:0//r@example.org", "1,1");
    put(clients, "192.0.2.1", "5,1700000400");
    close_all();
    result = read_it();
    cr_expect_str_eq(seen,
                     "192.0.2.0|a@b.c|r@example.org|1700000000|1700000400\n"
                     "2001:db8:0:0:0:0:0:0||r@example.org|1|1\n"
                     "192.0.2.1|5|1700000400\n");
    cr_expect_eq(result.triplets, 2);
    cr_expect_eq(result.clients, 1);
    cr_expect_eq(result.unreadable, 0);
}

Test(postgrey, finds_where_an_address_with_a_slash_ends)
{
    put(triplets, "n/a/b@c.d/r@example.org", "1,1");
    put(triplets, "n/a@b.c/d/r@example.org", "1,1");
    put(triplets, "n/postmaster/r@example.org", "1,1");
    put(triplets, "n//d/r@example.org", "1,1");
    close_all();
    (void)read_it();
    cr_expect_str_eq(seen, "n||d/r@example.org|1|1\n"
                           "n|a/b@c.d|r@example.org|1|1\n"
                           "n|a@b.c|d/r@example.org|1|1\n"
                           "n|postmaster|r@example.org|1|1\n");
}

Test(postgrey, takes_what_follows_the_times_for_nothing)
{
    put(triplets, "n/a@b.c/r@example.org", "1,2,host");
    close_all();
    (void)read_it();
    cr_expect_str_eq(seen, "n|a@b.c|r@example.org|1|2\n");
}

Test(postgrey, counts_what_is_not_of_the_form)
{
    struct postgrey_result result;
    static char longest[3000];

    memset(longest, 'a', sizeof(longest) - 1);
    put(triplets, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "1,1");
    put(triplets, "n/a@b.c/", "1,1");
    put(triplets, "/a@b.c/r@example.org", "1,1");
    put(triplets, "n/a@b.c/r@example.org", "2,1");
    put(triplets, "n/b@b.c/r@example.org", "1");
    put(triplets, "n/c@b.c/r@example.org", "1,");
    put(triplets, "n/d@b.c/r@example.org", "x,1");
    put(triplets, "n/e@b.c/r@example.org", "-1,1");
    put(triplets, "n/f@b.c/r@example.org", "1,99999999999999999999");
    put(triplets, longest, longest);
    put(clients, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "1,1");
    put(clients, "192.0.2.1", "99999999999,1");
    close_all();
    result = read_it();
    cr_expect_str_eq(seen, "");
    cr_expect_eq(result.unreadable, 12);
}

Test(postgrey, reads_what_is_only_in_the_log_of_one_that_runs)
{
    put(triplets, "n/a@b.c/r@example.org", "1,1");
    (void)read_it();
    cr_expect_str_eq(seen, "n|a@b.c|r@example.org|1|1\n");
    put(triplets, "n/b@b.c/r@example.org", "1,1");
    (void)read_it();
    cr_expect_str_eq(seen, "n|a@b.c|r@example.org|1|1\n"
                           "n|b@b.c|r@example.org|1|1\n");
}

/* Names, sizes and times of all in the folder. */
static void list(char *out, size_t size)
{
    struct dirent **e;
    int n = scandir(dir, &e, NULL, alphasort);
    size_t len = 0;

    for (int i = 0; i < n; i++) {
        char path[512];
        struct stat st;

        snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name);
        cr_assert_eq(stat(path, &st), 0);
        if (strcmp(e[i]->d_name, "..") != 0) /* where the scratch folder is */
            len += (size_t)snprintf(
                out + len, size - len, "%s %lld %lld.%09ld\n", e[i]->d_name,
                (long long)st.st_size, (long long)st.st_mtim.tv_sec,
                st.st_mtim.tv_nsec);
        free(e[i]);
    }
    free(e);
}

Test(postgrey, changes_nothing_and_leaves_nothing_behind)
{
    static char before[4096], after[4096];

    put(triplets, "n/a@b.c/r@example.org", "1,1");
    close_all();
    list(before, sizeof(before));
    (void)read_it();
    list(after, sizeof(after));
    cr_expect_str_eq(after, before);
    cr_expect_eq(rmdir(scratch), 0, "something is left in the scratch folder");
    cr_expect_eq(mkdir(scratch, 0700), 0);
}

Test(postgrey, does_without_a_table_of_clients)
{
    char path[128];

    put(triplets, "n/a@b.c/r@example.org", "1,1");
    close_all();
    snprintf(path, sizeof(path), "%s/postgrey_clients.db", dir);
    cr_assert_eq(unlink(path), 0);
    (void)read_it();
    cr_expect_str_eq(seen, "n|a@b.c|r@example.org|1|1\n");
}

Test(postgrey, says_what_is_wrong_with_a_folder)
{
    struct postgrey_result result;
    char path[128];
    FILE *f;

    close_all();
    cr_expect_eq(postgrey_read("/nonexistent", scratch, &ops, NULL, &result,
                               err, sizeof(err)),
                 -1);
    cr_expect_str_eq(err, "/nonexistent: postgrey.db: "
                          "No such file or directory");
    snprintf(path, sizeof(path), "%s/postgrey.db", dir);
    f = fopen(path, "w");
    fputs("not a database, but a text of some length", f);
    fclose(f);
    cr_expect_eq(
        postgrey_read(dir, scratch, &ops, NULL, &result, err, sizeof(err)), -1);
    cr_expect_neq(err[0], '\0');
}
