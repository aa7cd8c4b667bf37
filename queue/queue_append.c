/*
 * Lines into records.
 *
 * A line that cannot be written (the disk is full) is one of two kinds.  What
 * was only about to be so is not so, and whoever wanted it has to know.  What
 * is so whatever the disk says (somebody has the message, a report is in the
 * queue) is kept here, and written before the record is read again, or as
 * soon as it can be.
 */
#include "queue/queue_internal.h"

#include "lib/log.h"
#include "queue/text.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define AGAIN_SEC 60

struct kept {
    struct kept *next;
    uint64_t id;
    size_t len;
    char *text;
};

static char *lines(void (*write_lines)(FILE *out, const void *arg),
                   const void *arg, size_t *len)
{
    char *text;
    FILE *out = text_open(&text, len);

    write_lines(out, arg);
    fclose(out);
    return text;
}

bool queue_append(int fd, void (*write_lines)(FILE *out, const void *arg),
                  const void *arg)
{
    size_t len;
    char *text = lines(write_lines, arg, &len);
    bool fine = spool_append(fd, text, len) == 0;

    if (!fine)
        log_error("queue: a record cannot be written: %s", strerror(errno));
    free(text);
    return fine;
}

void queue_append_attempt(int fd,
                          void (*write_lines)(FILE *out, const void *arg),
                          const void *arg)
{
    if (!spool_is_long(fd))
        queue_append(fd, write_lines, arg);
}

static void forget(struct kept **at)
{
    struct kept *k = *at;

    *at = k->next;
    free(k->text);
    free(k);
}

static int write_one(const struct queue *q, const struct kept *k)
{
    int fd = spool_open_record(q->spool, k->id), rc, saved;

    if (fd == -1)
        return -1;
    rc = spool_append(fd, k->text, k->len);
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

int queue_write_kept(struct queue *q, uint64_t id)
{
    struct kept **at = &q->kept;

    while (*at != NULL) {
        if ((*at)->id != id) {
            at = &(*at)->next;
        } else if (write_one(q, *at) == 0) {
            forget(at);
            syncer_soon(q->syncer);
        } else {
            return -1;
        }
    }
    return 0;
}

/* All, but what is of messages that are gone. */
static void on_again(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval again = {.tv_sec = AGAIN_SEC};
    struct queue *q = arg;
    struct kept **at = &q->kept;

    (void)fd, (void)what;
    while (*at != NULL)
        if (messages_find(&q->messages, (*at)->id) == NULL ||
            write_one(q, *at) == 0)
            forget(at);
        else
            at = &(*at)->next;
    syncer_soon(q->syncer);
    if (q->kept != NULL &&
        event_base_once(q->base, -1, EV_TIMEOUT, on_again, q, &again) != 0)
        fatal(EX_OSERR, "no timer");
}

void queue_append_kept(struct queue *q, uint64_t id,
                       void (*write_lines)(FILE *out, const void *arg),
                       const void *arg)
{
    static const struct timeval again = {.tv_sec = AGAIN_SEC};
    struct kept *k = xcalloc(1, sizeof(*k)), **at = &q->kept;
    bool first = q->kept == NULL;

    k->id = id;
    k->text = lines(write_lines, arg, &k->len);
    while (*at != NULL)
        at = &(*at)->next;
    *at = k;
    if (queue_write_kept(q, id) == 0)
        return;
    log_error("queue: a record cannot be written: %s", strerror(errno));
    if (first &&
        event_base_once(q->base, -1, EV_TIMEOUT, on_again, q, &again) != 0)
        fatal(EX_OSERR, "no timer");
}

void queue_append_end(struct queue *q)
{
    while (q->kept != NULL) {
        if (messages_find(&q->messages, q->kept->id) != NULL &&
            write_one(q, q->kept) != 0)
            log_error("queue: a record lacks what became of it: %s",
                      strerror(errno));
        forget(&q->kept);
    }
}
