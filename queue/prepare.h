/* What deliver and queue make ready before the sandbox. */
#ifndef TARRY_PREPARE_H
#define TARRY_PREPARE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Makes a folder below the state folder, or finds it there, and gives it to
 * who will hold it (uid -1: it is ours as it is).  -1 with a text in err.
 */
int prepare_folder(const char *path, uid_t uid, gid_t gid, char *err,
                   size_t size);

/* As many descriptors as the system allows us. */
void prepare_descriptors(void);

#endif
