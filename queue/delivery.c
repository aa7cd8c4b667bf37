/*
 * One message on its way into its Maildirs, see delivery.h.
 *
 * Every file has a head of its own, Return-Path (RFC 5321 §4.4) and
 * Delivered-To, so that no recipient's copy names another.  Nothing is
 * visible before delivery_publish(); should that fail in the middle, the
 * files published before are taken back.
 */
#include "queue/delivery.h"

#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int delivery_fail(struct delivery *d, const char *what,
                  const struct delivery_file *file, int error)
{
    if (d->failed == NULL) {
        d->failed = what;
        d->failed_file = file;
        d->error = error;
        d->stored = error == ENOSPC   ? STORED_FULL_DISK
                    : error == EDQUOT ? STORED_FULL_MAILBOX
                                      : STORED_FAILURE;
    }
    return -1;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Makes a file in tmp/ and writes its head. A descriptor, or -1. */
static int start_file(struct delivery *d, struct delivery_file *f, size_t *len)
{
    char *head = NULL;
    int fd = maildir_create(f->dir, f->name);
    int n;

    if (fd == -1)
        return delivery_fail(d, "open", f, errno);
    f->place = FILE_IN_TMP;
    n = asprintf(&head, "Return-Path: <%s>\nDelivered-To: %s\n", d->sender,
                 f->delivered_to);
    if (n < 0)
        fatal(71, "out of memory");
    *len = (size_t)n;
    if (write_all(fd, head, *len) != 0) {
        delivery_fail(d, "write", f, errno);
        close(fd);
        fd = -1;
    }
    free(head);
    return fd;
}

static int begin_in_first(struct delivery *d)
{
    struct delivery_file *f = &d->files[0];
    size_t len;

    d->copies = 1;
    d->fd = start_file(d, f, &len);
    if (d->fd == -1)
        return -1;
    d->body = len;
    if (d->nfiles == 1)
        return 0;
    /* At once: what bears its name later may be anything. */
    d->from = maildir_reread(f->dir, f->name, d->fd);
    return d->from != -1 ? 0 : delivery_fail(d, "reopen", f, errno);
}

int delivery_begin(struct delivery *d, const struct maildir *apart)
{
    if (apart == NULL)
        return begin_in_first(d);
    d->copies = 0;
    d->body = 0;
    if (maildir_nameless(apart, d->files[0].name, &d->fd, &d->from) == 0)
        return 0;
    return delivery_fail(d, "open apart", NULL, errno);
}

/* Where the kernel cannot copy between these files by itself. */
static int copy_by_hand(int from, off_t at, int to, uint64_t left)
{
    static _Thread_local char buf[65536];

    while (left > 0) {
        size_t want = left < sizeof(buf) ? (size_t)left : sizeof(buf);
        ssize_t n = pread(from, buf, want, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* shorter than it was at the end of data */
        if (n <= 0 || write_all(to, buf, (size_t)n) != 0)
            return -1;
        at += n;
        left -= (uint64_t)n;
    }
    return 0;
}

static int copy_body(const struct delivery *d, int from, int to)
{
    off_t at = (off_t)d->body;
    uint64_t left = d->size;

    while (left > 0) {
        ssize_t n = copy_file_range(from, &at, to, NULL, (size_t)left, 0);

        if (n > 0)
            left -= (uint64_t)n;
        else if (n == 0 || errno == EINVAL || errno == EXDEV ||
                 errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)
            return copy_by_hand(from, at, to, left);
        else if (errno != EINTR)
            return -1;
    }
    return 0;
}

static int copy_to(struct delivery *d, int from, struct delivery_file *f)
{
    int status = 0;
    size_t len;
    int to = start_file(d, f, &len);

    if (to == -1)
        return -1;
    if (copy_body(d, from, to) != 0)
        status = delivery_fail(d, "copy", f, errno);
    /* Some file systems tell of a quota only now. */
    if (close(to) != 0)
        status = delivery_fail(d, "close", f, errno);
    return status;
}

int delivery_copy(struct delivery *d)
{
    for (size_t i = d->copies; i < d->nfiles; i++)
        if (copy_to(d, d->from, &d->files[i]) != 0)
            return -1;
    return 0;
}

int delivery_publish(struct delivery *d)
{
    for (size_t i = 0; i < d->nfiles; i++) {
        struct delivery_file *f = &d->files[i];

        if (maildir_publish(f->dir, f->name) != 0)
            return delivery_fail(d, "rename", f, errno);
        f->place = FILE_IN_NEW;
    }
    return 0;
}

void delivery_discard(struct delivery *d)
{
    for (size_t i = 0; i < d->nfiles; i++) {
        struct delivery_file *f = &d->files[i];

        if (f->place != FILE_NOWHERE)
            maildir_remove(f->dir, f->name, f->place == FILE_IN_NEW);
        f->place = FILE_NOWHERE;
    }
}

static void log_failed(const struct delivery *d)
{
    struct log_line l;

    log_begin(&l, LOG_LEVEL_ERROR, "not-delivered");
    log_str(&l, "sid", d->session);
    log_str(&l, "text", d->failed);
    if (d->failed_file != NULL && d->failed_file->dir != NULL)
        log_str(&l, "path", d->failed_file->dir->path);
    if (d->error != 0)
        log_str(&l, "error", strerror(d->error));
    log_end(&l);
}

void delivery_log(const struct delivery *d)
{
    struct timespec now;
    struct log_line l;

    if (d->failed != NULL) {
        log_failed(d);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    log_begin(&l, LOG_LEVEL_INFO, "delivered");
    log_str(&l, "sid", d->session);
    log_int(&l, "to", (int64_t)d->recipients);
    log_int(&l, "size", (int64_t)(d->body + d->size));
    log_int(&l, "ms",
            (now.tv_sec - d->committed.tv_sec) * 1000 +
                (now.tv_nsec - d->committed.tv_nsec) / 1000000);
    log_int(&l, "files", (int64_t)d->nfiles);
    if (d->missing > 0)
        log_int(&l, "missing", (int64_t)d->missing);
    log_end(&l);
}

void delivery_free(struct delivery *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->nfiles; i++) {
        maildir_release(d->files[i].dir);
        free(d->files[i].delivered_to);
    }
    if (d->fd != -1)
        close(d->fd);
    if (d->from != -1)
        close(d->from);
    free(d->files);
    free(d->sender);
    free(d);
}
