/*
 * The store as text: writing it. dump.h says what it looks like, and
 * dump_load.c reads it.
 *
 * Texts are escaped so that a line is always whole and always has its number
 * of words, and means nothing to a terminal, whatever a stranger once gave as
 * an address.
 */
#include "greylist/dump.h"

#include <inttypes.h>

static void put_text(FILE *out, const char *text)
{
    fputc(' ', out);
    if (text[0] == '\0')
        fputc('%', out);
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;

        if (c <= ' ' || c == '%' || c >= 0x7f)
            fprintf(out, "%%%02X", c);
        else
            fputc(c, out);
    }
}

void dump_put_header(FILE *out)
{
    fprintf(out, "%s\n", DUMP_HEADER);
}

void dump_put(FILE *out, enum store_table table, const struct store_entry *e)
{
    fputs(table == STORE_TRIPLETS ? "triplet" : "client", out);
    put_text(out, e->identity);
    if (table == STORE_CLIENTS) {
        fprintf(out, " %" PRId64 " %" PRIu32 "\n", e->client.last,
                e->client.passed);
        return;
    }
    put_text(out, e->sender);
    put_text(out, e->recipient);
    fprintf(out,
            " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32 " %" PRIu32 "\n",
            e->record.first, e->record.last, e->record.passed,
            e->record.refused, e->record.accepted);
}

void dump_put_end(FILE *out, uint64_t triplets, uint64_t clients)
{
    fprintf(out, "end %" PRIu64 " %" PRIu64 "\n", triplets, clients);
}

struct writing {
    struct dump *d;
    FILE *out;
};

static unsigned put_entry(const struct store_entry *e, void *arg)
{
    struct writing *w = arg;

    dump_put(w->out, w->d->table, e);
    w->d->records[w->d->table]++;
    return ferror(w->out) ? STORE_STOP : 0;
}

int dump_write(struct dump *d, struct store *s, FILE *out, unsigned max)
{
    struct writing w = {d, out};
    int more;

    if (!d->begun)
        dump_put_header(out);
    d->begun = true;
    more = store_walk(s, d->table, &d->place, max, put_entry, &w);
    if (more == 0 && d->table == STORE_TRIPLETS) {
        d->table = STORE_CLIENTS;
        more = 1;
    } else if (more == 0) {
        dump_put_end(out, d->records[STORE_TRIPLETS],
                     d->records[STORE_CLIENTS]);
    }
    return ferror(out) ? -1 : more;
}
