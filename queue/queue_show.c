/*
 * How a message is shown: as people read it, or as JSON.
 *
 * What came from strangers (addresses, replies) is shown without control
 * characters: the record has them as \xx.
 */
#include "queue/queue_show.h"

#include "lib/log.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HISTORY (1024L * 1024) /* octets of one that are shown */

void show_select(struct selection *s, const char *what)
{
    *s = (struct selection){0};
    if (what[0] == '\0' || strcmp(what, "all") == 0)
        return;
    if (strchr(what, '.') == NULL && spool_parse(what, &s->id))
        return;
    if (strlen(what) > ADDRESS_DOMAIN) {
        s->none = true;
        return;
    }
    for (size_t i = 0; what[i] != '\0'; i++)
        s->domain[i] = (char)tolower((unsigned char)what[i]);
}

bool show_selected_rcpt(const struct rcpt *r, const struct selection *s)
{
    return s->domain[0] == '\0' ||
           (r->destination != NULL &&
            strcmp(r->destination->name, s->domain) == 0);
}

bool show_selected(const struct queue *q, const struct message *m,
                   const struct selection *s)
{
    (void)q;
    if (s->none || (s->id != 0 && s->id != m->id))
        return false;
    for (size_t i = 0; i < m->n; i++)
        if (show_selected_rcpt(&m->rcpts[i], s))
            return true;
    return false;
}

/* Why it waits, or what became of it. */
static const char *state(const struct message *m, const struct rcpt *r,
                         const struct record_rcpt *rcpt, int64_t now)
{
    static const char *const ends[] = {[RCPT_WAITING] = "ended",
                                       [RCPT_DELIVERED] = "delivered",
                                       [RCPT_REFUSED] = "refused",
                                       [RCPT_EXPIRED] = "expired",
                                       [RCPT_REMOVED] = "removed"};

    if (r->phase == PHASE_ENDED)
        return ends[rcpt->state];
    if (r->phase == PHASE_BUSY)
        return "being sent";
    if (m->held)
        return "held";
    if (r->phase == PHASE_READY)
        return r->destination->asking ? "waits for the name server"
                                      : "waits for its turn";
    if (destinations_is_dead(r->destination, now))
        return "its host is known to be away";
    return r->attempts > 0 ? "deferred" : "waits for its time";
}

static void printable(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = ' ';
}

/* "5m 3s", "4h 2m", "3d 1h". Returns out. */
static char *span(int64_t sec, char out[32])
{
    if (sec < 0)
        sec = 0;
    if (sec < 60)
        snprintf(out, 32, "%" PRId64 "s", sec);
    else if (sec < 3600)
        snprintf(out, 32, "%" PRId64 "m %" PRId64 "s", sec / 60, sec % 60);
    else if (sec < 86400)
        snprintf(out, 32, "%" PRId64 "h %" PRId64 "m", sec / 3600,
                 sec % 3600 / 60);
    else
        snprintf(out, 32, "%" PRId64 "d %" PRId64 "h", sec / 86400,
                 sec % 86400 / 3600);
    return out;
}

static void text_rcpt(const struct message *m, const struct rcpt *r,
                      const struct record_rcpt *rcpt, struct evbuffer *out)
{
    int64_t now = queue_now();
    char *reply = xstrdup(rcpt->reply), next[32];
    const char *dead = "";

    printable(reply);
    evbuffer_add_printf(out, "    %s: %s", rcpt->address,
                        state(m, r, rcpt, now));
    if (r->phase == PHASE_WAITS && !m->held)
        evbuffer_add_printf(out, ", next attempt in %s",
                            span(r->next - now, next));
    if (r->attempts > 0)
        evbuffer_add_printf(out, ", %u so far", r->attempts);
    evbuffer_add_printf(out, "\n");
    if (r->phase != PHASE_ENDED && r->destination->why != NULL)
        dead = r->destination->why;
    if (reply[0] != '\0')
        evbuffer_add_printf(out, "        %s%s%s\n", rcpt->host,
                            rcpt->host[0] != '\0' ? ": " : "", reply);
    else if (dead[0] != '\0')
        evbuffer_add_printf(out, "        %s\n", dead);
    free(reply);
}

/* Of a long history only the end, which fits our memory. */
static void skip_to_end(FILE *in, struct evbuffer *out, char **line,
                        size_t *room)
{
    long here = ftell(in), end;

    if (here < 0 || fseek(in, 0, SEEK_END) != 0 || (end = ftell(in)) < 0)
        return;
    if (end - here <= HISTORY) {
        fseek(in, here, SEEK_SET);
        return;
    }
    fseek(in, end - HISTORY, SEEK_SET);
    if (getline(line, room, in) > 0)
        evbuffer_add_printf(out, "        ...\n");
}

/* The lines behind the envelope, as they stand. */
static void text_history(struct queue *q, const struct message *m,
                         struct evbuffer *out)
{
    int fd = spool_open_record(q->spool, m->id);
    char *line = NULL;
    size_t room = 0;
    FILE *in;

    if (fd == -1 || (in = fdopen(fd, "r")) == NULL) {
        if (fd != -1)
            close(fd);
        return;
    }
    evbuffer_add_printf(out, "    history:\n");
    while (getline(&line, &room, in) > 0 && strncmp(line, "end ", 4) != 0)
        ;
    skip_to_end(in, out, &line, &room);
    while (getline(&line, &room, in) > 0)
        evbuffer_add_printf(out, "        %s", line);
    free(line);
    fclose(in);
}

static void text_message(struct queue *q, const struct message *m,
                         const struct record *record, struct evbuffer *out,
                         bool details)
{
    char name[SPOOL_NAME], age[32];

    evbuffer_add_printf(out, "%s  %" PRIu64 " octets, %s old%s, from <%s>\n",
                        spool_name(m->id, name), record->size,
                        span(queue_now() - record->queued, age),
                        m->held ? ", held" : "", record->sender);
    for (size_t i = 0; i < m->n; i++)
        if (details || m->rcpts[i].phase != PHASE_ENDED)
            text_rcpt(m, &m->rcpts[i], &record->rcpts[i], out);
    if (details)
        text_history(q, m, out);
}

/* A string of JSON; what is no UTF-8 is shown as '?'. */
static json_t *string(const char *text)
{
    json_t *s = json_string(text);
    char *copy;

    if (s != NULL)
        return s;
    copy = xstrdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if ((unsigned char)*p > 127)
            *p = '?';
    s = json_string(copy);
    free(copy);
    return s;
}

static json_t *json_rcpt(const struct message *m, const struct rcpt *r,
                         const struct record_rcpt *rcpt)
{
    json_t *o = json_object();

    json_object_set_new(o, "address", string(rcpt->address));
    json_object_set_new(o, "state", string(state(m, r, rcpt, queue_now())));
    json_object_set_new(o, "attempts", json_integer(r->attempts));
    if (r->phase == PHASE_WAITS)
        json_object_set_new(o, "next", json_integer(r->next));
    if (rcpt->last != 0)
        json_object_set_new(o, "last", json_integer((json_int_t)rcpt->last));
    json_object_set_new(o, "host", string(rcpt->host));
    json_object_set_new(o, "reply", string(rcpt->reply));
    return o;
}

static void json_message(const struct message *m, const struct record *record,
                         struct evbuffer *out)
{
    json_t *o = json_object(), *rcpts = json_array();
    char name[SPOOL_NAME], *text;

    for (size_t i = 0; i < m->n; i++)
        json_array_append_new(rcpts,
                              json_rcpt(m, &m->rcpts[i], &record->rcpts[i]));
    json_object_set_new(o, "id", string(spool_name(m->id, name)));
    json_object_set_new(o, "queued", json_integer((json_int_t)record->queued));
    json_object_set_new(o, "size", json_integer((json_int_t)record->size));
    json_object_set_new(o, "held", json_boolean(m->held));
    json_object_set_new(o, "session", string(record->session));
    json_object_set_new(o, "sender", string(record->sender));
    json_object_set_new(o, "recipients", rcpts);
    text = json_dumps(o, JSON_COMPACT);
    if (text == NULL)
        fatal(70, "a message does not fit JSON");
    evbuffer_add_printf(out, "%s", text);
    free(text);
    json_decref(o);
}

size_t show_message(struct queue *q, struct message *m, struct evbuffer *out,
                    bool json, bool details, bool more)
{
    struct record *record;
    int fd;

    record = queue_look(q, m, &fd);
    if (record == NULL)
        return 0; /* perhaps just sent */
    if (json) {
        evbuffer_add_printf(out, "%s", more ? ",\n" : "\n");
        json_message(m, record, out);
    } else {
        text_message(q, m, record, out, details);
    }
    record_free(record);
    close(fd);
    return 1;
}

struct event_line {
    const char *event;
    unsigned rcpt;
    bool held;
};

static void write_event(FILE *out, const void *arg)
{
    const struct event_line *l = arg;

    if (l->event != NULL)
        record_event(out, queue_now(), l->event, l->rcpt);
    else
        record_held(out, queue_now(), l->held);
}

static void append(struct queue *q, uint64_t id, const struct event_line *l)
{
    queue_append_kept(q, id, write_event, l);
}

void show_append_event(struct queue *q, const struct rcpt *r, const char *event)
{
    append(q, r->message->id,
           &(struct event_line){.event = event, .rcpt = r->index});
}

void show_append_held(struct queue *q, const struct message *m)
{
    append(q, m->id, &(struct event_line){.held = m->held});
}
