/*
 * The record of a message, read when something is to be done.
 *
 * A message is set aside only when it is certainly damaged: its record does
 * not add up, or a file of it is missing.  Whatever else keeps us from reading
 * it (no descriptor, no memory, a disk that fails, or that has no room for what
 * the record still lacks) may pass: the message stays as it is, and all its
 * recipients wait a minute.
 */
#include "queue/queue_internal.h"

#include "lib/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_SEC 60

static void set_aside(struct queue *q, struct message *m, const char *why)
{
    spool_set_aside(q->spool, m->id, why);
    for (size_t i = 0; i < m->n; i++) {
        if (m->rcpts[i].phase != PHASE_ENDED && m->rcpts[i].phase != PHASE_BUSY)
            queue_ended(q, &m->rcpts[i], false);
        m->rcpts[i].owes = m->rcpts[i].late = false;
    }
    if (message_finished(m))
        messages_drop(&q->messages, m);
}

static void put_off(struct queue *q, struct message *m, const char *why)
{
    int64_t again = queue_now() + AGAIN_SEC;
    char name[SPOOL_NAME];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_ERROR, "not-read");
    log_str(&l, "id", spool_name(m->id, name));
    log_str(&l, "why", why);
    log_end(&l);
    for (size_t i = 0; i < m->n; i++) {
        struct rcpt *r = &m->rcpts[i];

        if (r->phase == PHASE_ENDED || r->phase == PHASE_BUSY)
            continue;
        queue_take_out(q, r);
        queue_wait(q, r, r->next > again ? r->next : again);
    }
}

void queue_unreadable(struct queue *q, struct message *m, int error)
{
    if (error == EBADMSG)
        set_aside(q, m, "its record is damaged");
    else if (error == ENOENT)
        set_aside(q, m, strerror(error));
    else
        put_off(q, m, strerror(error));
}

struct record *queue_look(const struct queue *q, const struct message *m,
                          int *fd)
{
    struct record *r = NULL;
    int error;

    *fd = spool_open_record(q->spool, m->id);
    if (*fd != -1)
        r = spool_read(m->id, *fd);
    if (r != NULL && r->n == m->n)
        return r;
    error = r != NULL ? EBADMSG : errno;
    record_free(r);
    if (*fd != -1)
        close(*fd);
    *fd = -1;
    errno = error;
    return NULL;
}

struct record *queue_record(struct queue *q, struct message *m, int *fd)
{
    struct record *r = NULL;

    if (queue_write_kept(q, m->id) == 0)
        r = queue_look(q, m, fd);
    if (r == NULL)
        queue_unreadable(q, m, errno);
    return r;
}
