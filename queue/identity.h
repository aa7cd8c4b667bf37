/*
 * As whom files are touched.
 *
 * For mail to system accounts deliver keeps the right to act as another user
 * (ALLOW_IDENTITY of lib/sandbox.h), without root's rights over files.  Each
 * thread then says before each file operation whose it is.  Otherwise
 * everything is done as the user we run as, and identity_assume() does
 * nothing.
 */
#ifndef TARRY_IDENTITY_H
#define TARRY_IDENTITY_H

#include <sys/types.h>

/* From now on, in every thread. In the sandbox, before there are others. */
void identity_enable(void);

/*
 * The file operations of this thread that follow are of uid and gid, without
 * supplementary groups. -1 with errno; never for uid or gid 0.
 */
int identity_assume(uid_t uid, gid_t gid);

#endif
