/* What maildir.c and maildir_check.c share. */
#ifndef TARRY_MAILDIR_PARTS_H
#define TARRY_MAILDIR_PARTS_H

#include "queue/maildir.h"

/* Opens it as a folder, or not at all: a pipe would wait for its writer. */
int maildir_folder(int at, const char *path);

#endif
