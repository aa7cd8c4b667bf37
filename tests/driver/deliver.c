/*
 * Plays parent and smtpd, see deliver.h.  It waits for every answer and knows
 * no event loop.  What cannot fail but by a broken machine ends the process
 * with abort(3): in a test that is a failure with a name.
 */
#include "tests/driver/deliver.h"

#include "lib/child.h"
#include "lib/packet.h"
#include "queue/deliver.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(bool true_then, const char *what)
{
    if (true_then)
        return;
    perror(what);
    abort();
}

void driver_send(int fd, enum msg_type type, uint64_t id,
                 const struct msg_out *payload, int pass)
{
    size_t len = payload != NULL ? payload->len : 0;
    struct msg_header h = {MSG_MAGIC, (uint16_t)type, (uint32_t)len, id};
    struct iovec iov[2] = {{&h, sizeof(h)}, {NULL, len}};

    if (len > 0)
        iov[1].iov_base = (void *)(uintptr_t)payload->data;
    /* A test may send to a program that has closed the channel already. */
    packet_send(fd, iov, len > 0 ? 2 : 1, pass);
}

struct driver_reply driver_receive(int fd)
{
    static unsigned char buf[sizeof(struct msg_header) + MSG_PAYLOAD];
    struct driver_reply r = {0};
    bool torn;
    ssize_t n = packet_receive(fd, buf, sizeof(buf), &r.fd, &torn);

    if (n < (ssize_t)sizeof(r.header)) {
        r.closed = true;
        return r;
    }
    memcpy(&r.header, buf, sizeof(r.header));
    if (r.header.len >= sizeof(r.value))
        memcpy(&r.value, buf + sizeof(r.header), sizeof(r.value));
    if (r.header.type == MSG_CHECKED && r.value == CHECKED_REMOTE)
        memcpy(&r.leaves, buf + sizeof(r.header) + 8, sizeof(r.leaves));
    return r;
}

static void send_file(int parent, enum file_kind kind, const char *path)
{
    static struct msg_out out;
    int fd;

    if (path == NULL)
        return;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    need(fd != -1, path);
    msg_reset(&out);
    msg_put_u32(&out, kind);
    msg_put_u32(&out, 0);
    msg_put_str(&out, path);
    driver_send(parent, MSG_FILE, 0, &out, fd);
    close(fd);
}

static void send_settings(int parent, const char *conf, const char *aliases,
                          const char *passwd)
{
    static struct msg_out out;
    int fd = memfd_create("conf", MFD_CLOEXEC);

    need(fd != -1 && write(fd, conf, strlen(conf)) == (ssize_t)strlen(conf) &&
             lseek(fd, 0, SEEK_SET) == 0,
         "configuration");
    msg_reset(&out);
    msg_put_str(&out, "tarry.conf");
    driver_send(parent, MSG_CONFIG, 0, &out, fd);
    close(fd);
    send_file(parent, FILE_ALIASES, aliases);
    send_file(parent, FILE_PASSWD, passwd);
}

static void send_peer(struct driver *d)
{
    static struct msg_out out;
    int pair[2];

    need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0,
         "socketpair");
    msg_reset(&out);
    msg_put_u32(&out, PROGRAM_SMTPD);
    msg_put_u32(&out, 1);
    driver_send(d->parent, MSG_PEER, 0, &out, pair[1]);
    close(pair[1]);
    d->smtpd = pair[0];
}

/* In the child: the two descriptors to their places, nothing else kept. */
static _Noreturn void run_program(int parent, int stats)
{
    int high_parent = fcntl(parent, F_DUPFD, 100);
    int high_stats = fcntl(stats, F_DUPFD, 100);

    dup2(high_parent, CHILD_FD_PARENT);
    dup2(high_stats, CHILD_FD_STATS);
    close_range(CHILD_FD_STATS + 1, ~0u, 0);
    /* With exit(3), so that a sanitizer has its say. */
    exit(child_run(PROGRAM_DELIVER, &deliver_ops));
}

void driver_start(struct driver *d, const char *conf, const char *aliases,
                  const char *passwd)
{
    int pair[2];

    d->leaves = 0;
    d->stats = stats_create();
    need(d->stats != -1, "counters");
    need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0,
         "socketpair");
    d->pid = fork();
    need(d->pid != -1, "fork");
    if (d->pid == 0)
        run_program(pair[1], d->stats);
    close(pair[1]);
    d->parent = pair[0];
    send_settings(d->parent, conf, aliases, passwd);
    send_peer(d);
    driver_send(d->parent, MSG_GO, 0, NULL, -1);
    need(driver_receive(d->parent).header.type == MSG_READY, "READY");
}

bool driver_reload(struct driver *d, const char *conf, const char *aliases,
                   const char *passwd)
{
    send_settings(d->parent, conf, aliases, passwd);
    driver_send(d->parent, MSG_GO, 0, NULL, -1);
    return driver_receive(d->parent).header.type == MSG_READY;
}

void driver_new_peer(struct driver *d)
{
    close(d->smtpd);
    send_peer(d);
}

int driver_stop(struct driver *d)
{
    int status;

    driver_send(d->parent, MSG_STOP, 0, NULL, -1);
    need(waitpid(d->pid, &status, 0) == d->pid, "waitpid");
    close(d->parent);
    close(d->smtpd);
    close(d->stats);
    return status;
}

uint64_t driver_count(const struct driver *d, enum counter counter)
{
    uint64_t counters[STAT_COUNT];

    need(stats_read(d->stats, counters) == 0, "counters");
    return counters[counter];
}

static void put_address(struct msg_out *out, const char *text)
{
    const char *at = strrchr(text, '@');
    char local[256];

    if (at == NULL)
        at = text + strlen(text);
    snprintf(local, sizeof(local), "%.*s", (int)(at - text), text);
    msg_put_str(out, local);
    msg_put_str(out, *at == '@' ? at + 1 : "");
}

void driver_open(struct driver *d, uint64_t id, const char *sender,
                 const char *const *recipients)
{
    static struct msg_out out;
    uint32_t n = 0;

    while (recipients[n] != NULL)
        n++;
    msg_reset(&out);
    msg_put_u32(&out, 0);
    msg_put_str(&out, "s1");
    msg_put_str(&out, sender);
    msg_put_u32(&out, n);
    for (uint32_t i = 0; i < n; i++) {
        put_address(&out, recipients[i]);
        msg_put_u32(&out, d->leaves);
    }
    driver_send(d->smtpd, MSG_OPEN, id, &out, -1);
}

void driver_commit(struct driver *d, uint64_t id, uint64_t octets)
{
    static struct msg_out out;

    msg_reset(&out);
    msg_put_u64(&out, octets);
    driver_send(d->smtpd, MSG_COMMIT, id, &out, -1);
}

enum checked driver_check(struct driver *d, const char *local,
                          const char *domain)
{
    static struct msg_out out;
    struct driver_reply r;

    msg_reset(&out);
    msg_put_str(&out, local);
    msg_put_str(&out, domain);
    driver_send(d->smtpd, MSG_CHECK, 1, &out, -1);
    r = driver_receive(d->smtpd);
    d->leaves = r.leaves;
    return (enum checked)r.value;
}

enum stored driver_store(struct driver *d, uint64_t id, const char *sender,
                         const char *const *recipients, const char *body)
{
    struct driver_reply r;
    ssize_t n;

    driver_open(d, id, sender, recipients);
    r = driver_receive(d->smtpd);
    if (r.value != STORED_OK)
        return (enum stored)r.value;
    n = write(r.fd, body, strlen(body));
    close(r.fd);
    driver_commit(d, id, n > 0 ? (uint64_t)n : 0);
    return (enum stored)driver_receive(d->smtpd).value;
}
