/* Copies of files that nobody can change afterwards. */
#ifndef TARRY_SNAPSHOT_H
#define TARRY_SNAPSHOT_H

#include <stddef.h>
#include <sys/stat.h>

/*
 * Copies a file of at most max octets into a sealed memfd.  Returns its
 * descriptor, with how the file looked in *seen, or -1 with errno (EFBIG when
 * it is larger).
 */
int snapshot_take(const char *path, size_t max, struct stat *seen);

/*
 * A descriptor with an offset of its own, read-only; the caller's to close.
 * -1 with errno.
 */
int snapshot_open(int fd);

#endif
