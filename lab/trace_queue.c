/*
 * Messages of a Postfix by queue id, see trace_parts.h.
 *
 * They stand in a tree by key, and in a list by age, of which the oldest is
 * forgotten when there are TRACE_OPEN: most of those never end, because their
 * client left before DATA, or a filter refused them.  An id that comes again
 * is a new message, however the old one ended.
 */
#include "lab/trace_parts.h"

#include "lib/log.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define TOLD 1000 /* recipients of one message that are told apart */

struct trace_queue {
    void *tree;
    struct open_message *oldest, *newest;
    size_t n;
};

static int by_key(const void *a, const void *b)
{
    const struct open_message *x = a, *y = b;

    return strcmp(x->key, y->key);
}

struct open_message *trace_find(struct trace_reader *r, const char *key)
{
    struct open_message wanted = {.key = (char *)(uintptr_t)key}, **found;

    if (r->queue == NULL)
        return NULL;
    found = tfind(&wanted, &r->queue->tree, by_key);
    return found != NULL ? *found : NULL;
}

void trace_close(struct trace_reader *r, struct open_message *m)
{
    struct trace_queue *q = r->queue;

    /* It was queued, by a stranger, and who it is for was never told. */
    if (m->origin == ORIGIN_STRANGER && m->sender != NULL && m->ntold == 0)
        r->left.incomplete++;
    tdelete(m, &q->tree, by_key);
    *(m->older != NULL ? &m->older->newer : &q->oldest) = m->newer;
    *(m->newer != NULL ? &m->newer->older : &q->newest) = m->older;
    q->n--;
    free(m->told);
    free(m->sender);
    free(m->name);
    free(m->key);
    free(m);
}

struct open_message *trace_open(struct trace_reader *r, const char *key,
                                enum origin origin)
{
    struct open_message *m = trace_find(r, key);
    struct trace_queue *q;

    if (r->queue == NULL)
        r->queue = xcalloc(1, sizeof(*r->queue));
    q = r->queue;
    if (m != NULL)
        trace_close(r, m);
    else if (q->n == TRACE_OPEN)
        trace_close(r, q->oldest);
    m = xcalloc(1, sizeof(*m));
    m->key = xstrdup(key);
    m->origin = origin;
    m->older = q->newest;
    *(q->newest != NULL ? &q->newest->newer : &q->oldest) = m;
    q->newest = m;
    q->n++;
    if (tsearch(m, &q->tree, by_key) == NULL)
        fatal(EX_OSERR, "no memory");
    r->left.own += origin == ORIGIN_OWN;
    r->left.incomplete += origin == ORIGIN_UNKNOWN;
    return m;
}

static uint64_t hash_of(const char *text)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return h;
}

bool trace_tells(struct open_message *m, const char *recipient)
{
    uint64_t h = hash_of(recipient);

    for (size_t i = 0; i < m->ntold; i++)
        if (m->told[i] == h)
            return false;
    if (m->ntold == TOLD)
        return false;
    if ((m->ntold & (m->ntold - 1)) == 0)
        m->told = xrealloc(m->told, m->ntold > 0 ? 2 * m->ntold : 1,
                           sizeof(*m->told));
    m->told[m->ntold++] = h;
    return true;
}

void trace_queue_free(struct trace_reader *r)
{
    if (r->queue == NULL)
        return;
    while (r->queue->oldest != NULL)
        trace_close(r, r->queue->oldest);
    free(r->queue);
    r->queue = NULL;
}
