/*
 * The file system identity of a thread, see identity.h.
 *
 * setfsuid(2) and setfsgid(2) are Linux's own: they change, for one thread,
 * only what files are checked against.  The sandbox has left this process
 * CAP_SETUID and CAP_SETGID, and none of the capabilities that override
 * permissions; its filter kills who would become 0.
 *
 * Neither call reports failure.  Whether the change happened is seen by asking
 * again, with an id that cannot be.
 */
#include "queue/identity.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/fsuid.h>

static atomic_bool enabled;

void identity_enable(void)
{
    atomic_store(&enabled, true);
}

static int change(uid_t uid, gid_t gid)
{
    if (uid == 0 || gid == 0) {
        errno = EPERM;
        return -1;
    }
    setfsgid(gid);
    setfsuid(uid);
    if ((gid_t)setfsgid((gid_t)-1) != gid ||
        (uid_t)setfsuid((uid_t)-1) != uid) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

int identity_assume(uid_t uid, gid_t gid)
{
    static _Thread_local uid_t last_uid;
    static _Thread_local gid_t last_gid;

    if (!atomic_load_explicit(&enabled, memory_order_relaxed))
        return 0;
    /* Both are 0 in a new thread, and nobody becomes that. */
    if (uid == last_uid && gid == last_gid && uid != 0)
        return 0;
    last_uid = 0;
    if (change(uid, gid) != 0)
        return -1;
    last_uid = uid;
    last_gid = gid;
    return 0;
}
