/*
 * The shared pages of counters: who counts what, and the mapping.
 *
 * Only the child writes to its page, so relaxed additions are enough; the
 * parent may read any value that once was.
 */
#include "lib/stats.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_OCTETS (STAT_COUNT * sizeof(uint64_t))

const struct stat_name stat_names[STAT_COUNT] = {
    [STAT_SESSIONS] = {PROGRAM_SMTPD, "sessions"},
    [STAT_CONNECTIONS] = {PROGRAM_SMTPD, "connections"},
    [STAT_REFUSED] = {PROGRAM_SMTPD, "refused"},
    [STAT_TLS] = {PROGRAM_SMTPD, "tls"},
    [STAT_RCPT_OK] = {PROGRAM_SMTPD, "recipients"},
    [STAT_RCPT_REFUSED] = {PROGRAM_SMTPD, "recipients-refused"},
    [STAT_MESSAGES] = {PROGRAM_SMTPD, "messages"},
    [STAT_MESSAGES_FAILED] = {PROGRAM_SMTPD, "messages-failed"},
    [STAT_OCTETS] = {PROGRAM_SMTPD, "octets"},
    [STAT_QUESTIONS] = {PROGRAM_RESOLVER, "questions"},
    [STAT_CACHED] = {PROGRAM_RESOLVER, "cached"},
    [STAT_VERIFIED] = {PROGRAM_RESOLVER, "verified"},
    [STAT_TIMEOUTS] = {PROGRAM_RESOLVER, "timeouts"},
    [STAT_DELIVERED] = {PROGRAM_DELIVER, "delivered"},
    [STAT_FILES] = {PROGRAM_DELIVER, "files"},
    [STAT_FLUSHES] = {PROGRAM_DELIVER, "flushes"},
    [STAT_DISCARDED] = {PROGRAM_DELIVER, "discarded"},
    [STAT_DECISIONS] = {PROGRAM_GREYLIST, "decisions"},
    [STAT_STRANGERS] = {PROGRAM_GREYLIST, "strangers"},
    [STAT_EARLY] = {PROGRAM_GREYLIST, "early"},
    [STAT_RETURNED] = {PROGRAM_GREYLIST, "returned"},
    [STAT_EXEMPT] = {PROGRAM_GREYLIST, "exempt"},
    [STAT_STORE_FAILURES] = {PROGRAM_GREYLIST, "store-failures"},
    [STAT_POLICY] = {PROGRAM_GREYLIST, "policy-requests"},
    [STAT_QUEUED] = {PROGRAM_QUEUE, "queued"},
    [STAT_WAITING] = {PROGRAM_QUEUE, "waiting"},
    [STAT_SENT] = {PROGRAM_QUEUE, "sent"},
    [STAT_DEFERRED] = {PROGRAM_QUEUE, "deferred"},
    [STAT_BOUNCED] = {PROGRAM_QUEUE, "bounced"},
    [STAT_REPORTS] = {PROGRAM_QUEUE, "reports"},
};

static _Atomic uint64_t own[STAT_COUNT];
static _Atomic uint64_t *page = own;

int stats_create(void)
{
    int fd = memfd_create("tarry-stats", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && (ftruncate(fd, PAGE_OCTETS) != 0 ||
                    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

int stats_read(int fd, uint64_t counters[STAT_COUNT])
{
    return pread(fd, counters, PAGE_OCTETS, 0) == PAGE_OCTETS ? 0 : -1;
}

void stats_use(int fd)
{
    void *p =
        mmap(NULL, PAGE_OCTETS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (p != MAP_FAILED)
        page = p;
}

void stats_add(enum counter counter, int64_t n)
{
    atomic_fetch_add_explicit(&page[counter], (uint64_t)n,
                              memory_order_relaxed);
}
