/*
 * The database of a postgrey, read so that a site can move without delaying
 * its regulars again.
 *
 * postgrey 1.x keeps a Berkeley DB environment: postgrey.db, a Btree of
 * "network/sender/recipient" (lower case) with "first,last", and
 * postgrey_clients.db of "address" with "count,last".
 */
#ifndef TARRY_POSTGREY_H
#define TARRY_POSTGREY_H

#include <stddef.h>
#include <stdint.h>

/* Text lives in the call. */
struct postgrey_triplet {
    const char *network; /* "192.0.2.0", "2001:db8:0:0:0:0:0:0": its first
                            address, without a prefix; or, as it was run with
                            --lookup-by-host, a client's address */
    const char *sender;  /* numbers in it are '#', "" is the null sender */
    const char *recipient;
    int64_t first, last;
};

struct postgrey_client {
    const char *address; /* perhaps with capital hexadecimal digits */
    uint32_t count;      /* of its triplets that passed */
    int64_t last;
};

struct postgrey_ops {
    void (*triplet)(const struct postgrey_triplet *t, void *arg);
    void (*client)(const struct postgrey_client *c, void *arg);
};

struct postgrey_result {
    uint64_t triplets, clients;
    uint64_t unreadable; /* not of that form: --privacy keeps only hashes */
};

/*
 * Shows everything in the folder, and changes nothing in it: its files are
 * copied into a new folder below scratch, recovered and read there, and the
 * copy is removed. A postgrey may be running.  Returns -1 with a line in err.
 */
int postgrey_read(const char *directory, const char *scratch,
                  const struct postgrey_ops *ops, void *arg,
                  struct postgrey_result *result, char *err, size_t size);

#endif
