/*
 * The greylist's store, see store.h: what a decision reads and writes.
 *
 * Reads are not in a transaction: nobody else changes anything between them
 * and the write that follows.  A write is one transaction, or a part of the one
 * that is held; its commit does not wait for the disk (store_tables.c).  An
 * error of the library ends in store_failed(), which closes the store; none is
 * passed on.
 *
 * What was read or written lately is in memory (store_recent.h), and put there
 * before its transaction ends: when that fails, all of it is forgotten.
 *
 * What cannot be a value of ours is read as missing, and overwritten in time.
 */
#include "greylist/store_health.h"
#include "greylist/store_record.h"

#include <string.h>

static DBT in(const void *data, size_t len)
{
    return (DBT){.data = (void *)data, .size = (uint32_t)len};
}

/*
 * Reads a value. Its length is 0 when there is none, or none that could be
 * ours.
 */
static int get(struct store *s, enum store_table table, const char *key,
               size_t len, uint8_t value[STORE_VALUE], size_t *value_len)
{
    DB *db = s->t.db[table];
    DBT k = in(key, len),
        v = {.data = value, .ulen = STORE_VALUE, .flags = DB_DBT_USERMEM};
    int rc;

    if (recent_find(s->recent, key, len, value, value_len))
        return 0;
    rc = db->get(db, NULL, &k, &v, 0);
    *value_len = rc == 0 ? v.size : 0;
    if (rc != 0 && rc != DB_NOTFOUND && rc != DB_BUFFER_SMALL)
        return rc;
    recent_set(s->recent, key, len, value, *value_len);
    return 0;
}

int store_read(struct store *s, const char *identity, const char *sender,
               const char *recipient, struct record *record,
               struct client_record *client)
{
    uint8_t value[STORE_VALUE];
    char key[STORE_KEY];
    size_t len;
    int rc = 0;

    if (record != NULL)
        memset(record, 0, sizeof(*record));
    if (client != NULL)
        memset(client, 0, sizeof(*client));
    if (!store_ready(s))
        return -1;
    if (record != NULL) {
        rc = get(s, STORE_TRIPLETS, key,
                 store_key(identity, sender, recipient, key), value, &len);
        if (rc == 0)
            (void)store_unpack_record(value, len, record);
    }
    if (rc == 0 && client != NULL) {
        rc = get(s, STORE_CLIENTS, key, store_key(identity, NULL, NULL, key),
                 value, &len);
        if (rc == 0)
            (void)store_unpack_client(value, len, client);
    }
    return rc == 0 ? 0 : store_failed(s, "cannot read", rc);
}

static int put(struct store *s, enum store_table table, const char *key,
               size_t key_len, const uint8_t *value, size_t value_len)
{
    DBT k = in(key, key_len), v = in(value, value_len);
    int rc = s->t.db[table]->put(s->t.db[table], s->txn, &k, &v, 0);

    if (rc == 0)
        recent_set(s->recent, key, key_len, value, value_len);
    return rc;
}

int store_begin(struct store *s)
{
    return s->txn != NULL ? 0 : s->t.env->txn_begin(s->t.env, NULL, &s->txn, 0);
}

static int commit(struct store *s, const char *what)
{
    DB_TXN *txn = s->txn;
    unsigned changes = s->changes;
    int rc;

    s->txn = NULL;
    s->changes = 0;
    if ((rc = txn->commit(txn, 0)) != 0)
        return store_failed(s, what, rc);
    if (changes > 0)
        upkeep_wrote(s->t.upkeep, changes);
    return 0;
}

int store_end(struct store *s, int rc, unsigned changes, const char *what)
{
    if (rc != 0)
        return store_failed(s, what, rc);
    s->changes += changes;
    return s->held ? 0 : commit(s, what);
}

void store_hold(struct store *s)
{
    s->held = true;
}

int store_release(struct store *s)
{
    bool lost = s->lost;

    s->held = s->lost = false;
    if (s->txn != NULL && commit(s, "cannot write") != 0)
        lost = true;
    return lost ? -1 : 0;
}

int store_write(struct store *s, const char *identity, const char *sender,
                const char *recipient, const struct record *record,
                const struct client_record *client)
{
    uint8_t value[STORE_VALUE];
    char key[STORE_KEY];
    int rc;

    if (!store_writable(s))
        return -1;
    rc = store_begin(s);
    if (rc == 0 && record != NULL)
        rc = put(s, STORE_TRIPLETS, key,
                 store_key(identity, sender, recipient, key), value,
                 store_pack_record(record, value));
    if (rc == 0 && client != NULL)
        rc = put(s, STORE_CLIENTS, key, store_key(identity, NULL, NULL, key),
                 value, store_pack_client(client, value));
    return store_end(s, rc, 1, "cannot write");
}

int store_forget(struct store *s, const char *identity, const char *sender,
                 const char *recipient)
{
    enum store_table table = sender ? STORE_TRIPLETS : STORE_CLIENTS;
    char key[STORE_KEY];
    DBT k = in(key, store_key(identity, sender, recipient, key));
    bool found = false;
    int rc;

    if (!store_writable(s))
        return -1;
    rc = store_begin(s);
    if (rc == 0) {
        rc = s->t.db[table]->del(s->t.db[table], s->txn, &k, 0);
        found = rc == 0;
    }
    if (rc == DB_NOTFOUND)
        rc = 0;
    recent_forget(s->recent, key, k.size);
    return store_end(s, rc, 1, "cannot remove") == 0 ? found : -1;
}
