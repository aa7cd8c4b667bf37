/*
 * Plays parent and smtpd to a deliver program in a process of its own: the
 * very code, sandbox included, over real channels.
 */
#ifndef TARRY_TESTS_DELIVER_H
#define TARRY_TESTS_DELIVER_H

#include "lib/msg.h"
#include "lib/stats.h"

#include <sys/types.h>

struct driver {
    pid_t pid;
    int parent, smtpd; /* our ends of the channels */
    int stats;         /* its counters' descriptor */
    uint32_t leaves;   /* what the last CHECKED said; goes into OPEN */
};

struct driver_reply {
    struct msg_header header;
    uint32_t value; /* what CHECKED, OPENED and COMMITTED say */
    uint32_t leaves;
    int fd;
    bool closed; /* nothing came: the channel is closed */
};

/*
 * conf is the text of a configuration; the files may be NULL.  The program
 * has said READY when this returns.
 */
void driver_start(struct driver *d, const char *conf, const char *aliases,
                  const char *passwd);
/* Settings again. True for READY, false for REFUSED. */
bool driver_reload(struct driver *d, const char *conf, const char *aliases,
                   const char *passwd);
/* A new channel in place of the old one, which is closed. */
void driver_new_peer(struct driver *d);
/* STOP, and its exit status. */
int driver_stop(struct driver *d);

uint64_t driver_count(const struct driver *d, enum counter counter);

void driver_send(int fd, enum msg_type type, uint64_t id,
                 const struct msg_out *payload, int pass);
struct driver_reply driver_receive(int fd);

/* Requests of smtpd; recipients are "local@domain", NULL at the end. */
void driver_open(struct driver *d, uint64_t id, const char *sender,
                 const char *const *recipients);
void driver_commit(struct driver *d, uint64_t id, uint64_t octets);
enum checked driver_check(struct driver *d, const char *local,
                          const char *domain);
/* OPEN, body, COMMIT, and what the last answer says. */
enum stored driver_store(struct driver *d, uint64_t id, const char *sender,
                         const char *const *recipients, const char *body);

#endif
