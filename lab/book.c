/*
 * The receiver's book: every recipient that was sent to, every attempt, and
 * the record of them on disk.
 *
 * A record is opened again where it ended, so that a test of days survives
 * its receiver: orders that count attempts go on counting.  Nothing in it is
 * ever changed, only added to; but of a writer that was killed half a line may
 * be left, which goes.
 */
#include "lab/receive.h"

#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A clock that is set meanwhile makes no attempt come before its forerunner. */
int64_t book_now_ms(void)
{
    static int64_t epoch;

    if (epoch == 0)
        epoch = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME);
    return epoch + clock_ms(CLOCK_BOOTTIME);
}

struct guest *book_guest(struct book *b, const char *address)
{
    struct guest *g;
    struct address a;

    for (size_t i = 0; i < b->n; i++)
        if (strcasecmp(b->guests[i]->address, address) == 0)
            return b->guests[i];
    if (b->n == b->room) {
        b->room = b->room * 2 + 64;
        b->guests = xrealloc(b->guests, b->room, sizeof(struct guest *));
    }
    g = b->guests[b->n++] = xcalloc(1, sizeof(*g));
    snprintf(g->address, sizeof(g->address), "%s", address);
    if (address_parse(address, ADDRESS_POSTMASTER | ADDRESS_UTF8, &a) !=
        ADDRESS_OK)
        memset(&a, 0, sizeof(a));
    order_parse(a.local, &g->order);
    return g;
}

struct guest *book_tls_fails(struct book *b, const struct netaddr *client)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->guests[i]->tls_fails &&
            netaddr_equal(&b->guests[i]->client, client))
            return b->guests[i];
    return NULL;
}

void book_attempt(struct guest *g, const struct seen *s, bool refused)
{
    if (g->order.kind == ORDER_TLS_FAIL) {
        g->tls_fails = refused;
        g->client = s->client;
    }
    if (g->attempts++ == 0)
        g->first_ms = s->time_ms;
}

/* Since the first attempt: "1d 02:03:04.5", of the sender's clock. */
static void tell(const struct book *b, const struct seen *s)
{
    char client[NETADDR_TEXT];
    double sec =
        (double)(s->time_ms - b->seen.v[0].time_ms) / 1000 * b->seen.speed;
    long whole = (long)sec;

    fprintf(b->timeline,
            "%3ldd %02ld:%02ld:%04.1f  mx%u %s <%s> -> <%s>  %s: %s\n",
            whole / 86400, whole / 3600 % 24, whole / 60 % 60,
            sec - (double)(whole - whole % 60), s->mx,
            netaddr_text(&s->client, client, sizeof(client)),
            strcmp(s->sender, "<>") == 0 ? "" : s->sender, s->recipient,
            seen_step_word(s->step), s->code > 0 ? s->reply : "(no reply)");
    fflush(b->timeline);
}

/* A disk that is full: the record ends, and what is received goes on. */
static void check_record(struct book *b)
{
    if (!ferror(b->record))
        return;
    fprintf(stderr, "tarrylab: the record cannot be written, and ends: %s\n",
            strerror(errno));
    fclose(b->record);
    b->record = NULL;
    b->failed = true;
}

void book_enter(struct book *b, const struct seen *s)
{
    seen_add(&b->seen, s);
    if (b->record != NULL) {
        seen_write(b->record, s);
        check_record(b);
    }
    if (b->timeline != NULL)
        tell(b, s);
}

/* The latest attempt by that sender, at that recipient if one is given. */
static const struct seen *latest(const struct book *b, const char *sender,
                                 const char *recipient)
{
    for (size_t i = b->seen.n; i-- > 0;) {
        const struct seen *s = &b->seen.v[i];

        if (s->step <= SEEN_DOT && strcasecmp(s->sender, sender) == 0 &&
            (recipient == NULL || strcasecmp(s->recipient, recipient) == 0))
            return s;
    }
    return NULL;
}

static void enter_report(struct book *b, const struct seen *report,
                         const struct seen *about, enum seen_step step)
{
    struct seen s = *report;

    s.step = step;
    s.sender = about->sender;
    s.recipient = about->recipient;
    s.insists = false;
    book_enter(b, &s);
}

void book_reports(struct book *b, const struct seen *s, const struct content *c)
{
    const struct seen *about;

    for (size_t i = 0; i < c->nreports; i++) {
        const struct content_report *r = &c->reports[i];

        about = latest(b, s->recipient, r->recipient);
        if (about != NULL && (r->failed || r->delayed))
            enter_report(b, s, about,
                         r->failed ? SEEN_REPORT_FAILED : SEEN_REPORT_DELAYED);
    }
    /* Of no standard form, as old software writes them: it is the last one. */
    if (c->nreports == 0 && (about = latest(b, s->recipient, NULL)) != NULL)
        enter_report(b, s, about, SEEN_REPORT_FAILED);
}

/* What an earlier run has written. */
static const char *take_up(struct book *b, FILE *f, unsigned *line)
{
    struct seen_list old;
    const char *wrong = seen_read(f, &old, line);

    if (wrong == NULL &&
        (old.speed < b->seen.speed || old.speed > b->seen.speed ||
         old.sees_reports != b->seen.sees_reports)) {
        *line = 1;
        wrong = "it was made with another --speed, or --reports";
    }
    for (size_t i = 0; wrong == NULL && i < old.n; i++) {
        const struct seen *s = &old.v[i];

        seen_add(&b->seen, s);
        if (s->step != SEEN_TLS && s->step <= SEEN_DOT)
            book_attempt(book_guest(b, s->recipient), s, s->code / 100 == 4);
    }
    b->seen.ended_ms = old.ended_ms;
    b->seen.gaps = old.gaps;
    b->seen.ngaps = old.ngaps;
    old.gaps = NULL;
    seen_release(&old);
    return wrong;
}

/* Behind the last whole line, which the one that was cut off makes room for. */
static bool end_whole(FILE *f)
{
    while (fseeko(f, -1, SEEK_CUR) == 0 && getc(f) != '\n')
        if (fseeko(f, -1, SEEK_CUR) != 0)
            return false;
    return ftruncate(fileno(f), ftello(f)) == 0;
}

const char *book_open(struct book *b, const char *path, unsigned *line)
{
    const char *wrong = NULL;
    FILE *f = fopen(path, "a+e");

    *line = 0;
    if (f == NULL)
        return strerror(errno);
    rewind(f);
    if (getc(f) == EOF) {
        seen_write_head(f, &b->seen);
    } else {
        rewind(f);
        wrong = take_up(b, f, line);
        if (wrong == NULL && !end_whole(f))
            wrong = strerror(errno);
    }
    b->record = f;
    seen_resume(&b->seen, book_now_ms());
    if (wrong == NULL)
        seen_write_begin(f, book_now_ms());
    return wrong;
}

void book_close(struct book *b)
{
    if (b->record != NULL) {
        seen_write_end(b->record, book_now_ms());
        fclose(b->record);
    }
    for (size_t i = 0; i < b->n; i++)
        free(b->guests[i]);
    free(b->guests);
    seen_release(&b->seen);
}
