/*
 * A postgrey's database becomes a dump (greylist/dump.h), so that a site can
 * move without delaying its regulars again.
 *
 * postgrey knows clients by their network of 24 or 64 bits.  They become that
 * network here; greylist finds them also when it knows the client's name.
 * What came back after postgrey's usual delay counts as passed.  Senders go
 * through our own normal form: one in which postgrey replaced a number that we
 * would have kept is a stranger once more.
 */
#include "ctl/greylist_postgrey.h"

#include "greylist/dump.h"
#include "greylist/identity.h"
#include "greylist/normal.h"
#include "greylist/postgrey.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define DELAY_SEC 300 /* postgrey --delay */

struct conversion {
    FILE *out;
    uint64_t triplets, clients, odd;
};

static bool network(const char *address, char out[IDENTITY_TEXT])
{
    static const struct identity_settings settings = {
        .mode = IDENTITY_NETWORK, .ipv4_prefix = 24, .ipv6_prefix = 64};
    struct netaddr a;

    if (!netaddr_parse(address, &a))
        return false;
    identity_text(&settings, &a, "", out);
    return true;
}

static void on_triplet(const struct postgrey_triplet *t, void *arg)
{
    struct conversion *c = arg;
    char identity[IDENTITY_TEXT], sender[NORMAL_TEXT], recipient[NORMAL_TEXT];
    bool passed = t->last - t->first >= DELAY_SEC;
    struct store_entry e = {.identity = identity,
                            .sender = sender,
                            .recipient = recipient,
                            .record = {.first = t->first,
                                       .last = t->last,
                                       .passed = passed ? t->last : 0,
                                       .refused = 1,
                                       .accepted = passed}};
    struct address from = {0}, to = {0};

    if (!network(t->network, identity) ||
        (t->sender[0] != '\0' &&
         address_parse(t->sender, ADDRESS_UTF8, &from) != ADDRESS_OK) ||
        address_parse(t->recipient, ADDRESS_UTF8 | ADDRESS_POSTMASTER, &to) !=
            ADDRESS_OK) {
        c->odd++;
        return;
    }
    normal_sender(&from, sender);
    normal_recipient(&to, recipient);
    dump_put(c->out, STORE_TRIPLETS, &e);
    c->triplets++;
}

static void on_client(const struct postgrey_client *client, void *arg)
{
    struct conversion *c = arg;
    char identity[IDENTITY_TEXT];
    struct store_entry e = {
        .identity = identity,
        .client = {.last = client->last, .passed = client->count}};

    if (!network(client->address, identity)) {
        c->odd++;
        return;
    }
    dump_put(c->out, STORE_CLIENTS, &e);
    c->clients++;
}

FILE *postgrey_dump(const char *folder, int *code)
{
    static const struct postgrey_ops ops = {on_triplet, on_client};
    const char *scratch = getenv("TMPDIR");
    struct conversion c = {.out = tmpfile()};
    struct postgrey_result result = {0};
    char err[512] = "";

    *code = EX_CANTCREAT;
    if (c.out == NULL) {
        fprintf(stderr, "tarryctl: no temporary file: %s\n", strerror(errno));
        return NULL;
    }
    dump_put_header(c.out);
    if (postgrey_read(folder, scratch != NULL ? scratch : "/tmp", &ops, &c,
                      &result, err, sizeof(err)) != 0) {
        fprintf(stderr, "tarryctl: %s\n", err);
        *code = EX_NOINPUT;
        fclose(c.out);
        return NULL;
    }
    dump_put_end(c.out, c.triplets, c.clients);
    if (fflush(c.out) != 0 || fseek(c.out, 0, SEEK_SET) != 0) {
        fprintf(stderr, "tarryctl: a temporary file: %s\n", strerror(errno));
        fclose(c.out);
        return NULL;
    }
    if (c.odd + result.unreadable > 0)
        fprintf(stderr, "tarryctl: %" PRIu64 " records were not understood\n",
                c.odd + result.unreadable);
    return c.out;
}
