/*
 * Walks over a table in the order of its keys, a bounded number of records
 * at a time, for lists, dumps and expiry.
 *
 * Between two steps only the key of the last record is kept, never a cursor:
 * decisions go on in between, records come and go, and the walk goes on behind
 * that key.  A step is one transaction, which costs nothing on disk unless
 * it removes something.  A record that does not decode is not ours and cannot
 * be shown: it is removed when met, if there is room to write.
 */
#include "greylist/store_health.h"
#include "greylist/store_record.h"

#include <string.h>

struct walk {
    struct store *s;
    enum store_table table;
    struct store_place *place;
    store_visit *visit;
    void *arg;
    DBC *cursor;
    uint8_t value[STORE_VALUE];
    DBT k, v;
    unsigned removed;
};

void store_place_at(struct store_place *place, const char *identity)
{
    place->len = store_key(identity, NULL, NULL, place->key) - 1;
}

/* Steps to the next record, or at first to the one behind the place. */
static int step(struct walk *w, bool first)
{
    char before[STORE_KEY];
    size_t len = w->place->len;
    int rc;

    w->k.size = (uint32_t)len;
    if (!first || len == 0)
        return w->cursor->get(w->cursor, &w->k, &w->v,
                              first ? DB_FIRST : DB_NEXT);
    memcpy(before, w->place->key, len);
    rc = w->cursor->get(w->cursor, &w->k, &w->v, DB_SET_RANGE);
    if (rc == 0 && w->k.size == len && memcmp(w->k.data, before, len) == 0)
        rc = w->cursor->get(w->cursor, &w->k, &w->v, DB_NEXT);
    return rc;
}

static unsigned show(struct walk *w)
{
    struct store_entry e;

    if (!store_unpack_key(w->table, w->place->key, w->k.size, &e) ||
        !(w->table == STORE_TRIPLETS
              ? store_unpack_record(w->value, w->v.size, &e.record)
              : store_unpack_client(w->value, w->v.size, &e.client)))
        return STORE_FORGET;
    return w->visit(&e, w->arg);
}

/* Visits up to max records. Returns 0, DB_NOTFOUND at the end, or an error. */
static int visit_some(struct walk *w, unsigned max)
{
    unsigned wish = 0;
    int rc = 0;

    for (unsigned i = 0; i < max && (wish & STORE_STOP) == 0; i++) {
        if ((rc = step(w, i == 0)) != 0)
            return rc;
        w->place->len = w->k.size;
        wish = show(w);
        if ((wish & STORE_FORGET) == 0 || upkeep_full(w->s->t.upkeep))
            continue;
        if ((rc = w->cursor->del(w->cursor, 0)) != 0)
            return rc;
        w->removed++;
        recent_forget(w->s->recent, w->place->key, w->k.size);
    }
    return 0;
}

static int walk_in(struct walk *w, unsigned max)
{
    DB *db = w->s->t.db[w->table];
    int rc = db->cursor(db, w->s->txn, &w->cursor, 0), closed;

    if (rc != 0)
        return rc;
    rc = visit_some(w, max);
    closed = w->cursor->close(w->cursor);
    return rc != 0 ? rc : closed;
}

int store_walk(struct store *s, enum store_table table,
               struct store_place *place, unsigned max, store_visit *visit,
               void *arg)
{
    struct walk w = {
        .s = s, .table = table, .place = place, .visit = visit, .arg = arg};
    bool end;
    int rc;

    if (!store_ready(s))
        return -1;
    w.k = (DBT){.data = place->key, .ulen = STORE_KEY, .flags = DB_DBT_USERMEM};
    w.v = (DBT){.data = w.value, .ulen = STORE_VALUE, .flags = DB_DBT_USERMEM};
    rc = store_begin(s);
    if (rc == 0)
        rc = walk_in(&w, max);
    end = rc == DB_NOTFOUND;
    if (store_end(s, end ? 0 : rc, w.removed, "cannot walk") != 0)
        return -1;
    if (end)
        place->len = 0;
    return !end;
}
