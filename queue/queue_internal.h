/*
 * What the files of the program queue share.  Only queue/queue*.c include it.
 *
 * queue.c          settings, sandbox, peers
 * queue_run.c      what is due, and whose turn it is (queue_clock.c: a clock
 *                  that is put)
 * queue_load.c     messages come into memory
 * queue_accept.c   a message on its way into the spool, from wherever
 * queue_smtpd.c    smtpd's messages
 * queue_submit.c   tarry-sendmail's, over a socket (queue_submit_clients.c: who
 *                  may come; queue_submit_lines.c: the
 *                  envelope)
 * queue_mx.c       where a destination is (queue_resolver.c: asking for it)
 * queue_relay.c    conversations with relay (queue_job.c: one job;
 *                  queue_job_end.c: what came of it)
 * queue_result.c   what became of a recipient (queue_record.c: the record;
 *                  queue_append.c: lines into it)
 * queue_local.c    jobs for deliver (queue_expand.c: aliases that leave)
 * queue_report.c   reports to senders
 * queue_control.c  what tarryctl asks (queue_show.c: how it is
 *                  shown, queue_stats.c: how much there is)
 */
#ifndef TARRY_QUEUE_INTERNAL_H
#define TARRY_QUEUE_INTERNAL_H

#include "lib/chan.h"
#include "lib/conf.h"
#include "lib/msg.h"
#include "queue/destinations.h"
#include "queue/spool.h"
#include "queue/syncer.h"

/* At a time; resolver takes twice as many, whoever has forgotten some. */
#define QUEUE_QUESTIONS 100

struct event;
struct event_base;
struct evconnlistener;
struct relay;
struct local;
struct submission;
struct accept;
struct answer;
struct kept;

struct queue {
    struct event_base *base;
    struct conf *conf;
    struct schedule_policy policy;
    struct spool *spool;
    struct syncer *syncer;
    struct messages messages;
    struct destinations destinations;
    struct timers timers;
    struct event *tick, *turn;
    struct relay *relays; /* all channels */
    struct local *locals; /* jobs with deliver */
    unsigned nlocals;
    struct chan *smtpd, *deliver, *resolver;
    /* Put to resolver; of is NULL where there is none. */
    struct question {
        uint64_t id;
        struct destination *of;
    } questions[QUEUE_QUESTIONS];
    uint64_t last_question;
    int64_t ahead; /* the clock, of the one that nobody puts */
    struct evconnlistener *listener;
    struct submission *submissions;
    struct accept *accepts; /* under way, from smtpd */
    struct answer *answers; /* being written to who asked */
    struct kept *kept;      /* lines that could not be written yet */
    uint64_t last_job;
    bool stopping;
    struct event *end; /* of all, when stopping */
    size_t busy;       /* jobs and acceptances that a stop waits for */
    struct {
        uint64_t accepted, delivered, deferred, refused, expired, reports;
    } since_start;
};

int64_t queue_now(void);
uint32_t queue_random(void);
const char *queue_helo(const struct queue *q);

/* --- queue_run.c --- */

void queue_run_begin(struct queue *q);
void queue_run_end(struct queue *q);
/* Recipients may be due, or a conversation is free: look at it soon. */
void queue_wake(struct queue *q);
/* The next time of a recipient that waits. */
void queue_wait(struct queue *q, struct rcpt *r, int64_t at);
/* Marks the recipients of whose delay the sender is to hear now. */
void queue_late(struct queue *q, struct message *m);
/* It has come to its end. owes: a report. */
void queue_ended(struct queue *q, struct rcpt *r, bool owes);
/* Makes the reports that are owed; removes the message if all is done. */
void queue_settle(struct queue *q, struct message *m);
/* Every ready recipient of a dead destination waits, or has expired. */
void queue_postpone_all(struct queue *q, struct destination *d);
/* Takes it out of whatever it waits in. */
void queue_take_out(struct queue *q, struct rcpt *r);
void queue_job_ended(struct queue *q);

/* --- queue_load.c --- */

/* A message has been accepted, or was found at start; r stays the caller's. */
struct message *queue_load(struct queue *q, const struct record *r);
/* All that the spool has, at start. */
void queue_load_all(struct queue *q);

/* --- queue_clock.c --- */

void queue_clock_begin(struct queue *q);
/* Looks whether the clock was put, before a time is set or looked at. */
void queue_clock(struct queue *q);

/* --- queue_accept.c --- */

struct accept {
    struct sync_item item; /* first */
    struct queue *q;
    struct record record; /* owns its strings and rcpts */
    int fd;               /* of the body, write-only, or -1 */
    void (*done)(struct accept *a, enum stored stored);
    void *arg;
    uint64_t key; /* smtpd's session */
    bool made;    /* the body is of our making */
    bool committing, cancelled;
    struct accept *next; /* in whose list it is */
};

/* Begins one. Strings are copied. */
struct accept *accept_new(struct queue *q, unsigned flags, const char *session,
                          const char *sender, const char *envid);
void accept_recipient(struct accept *a, const char *address, unsigned notify,
                      const char *orcpt);
/* Makes the body; or takes that of another message. */
enum stored accept_open(struct accept *a);
enum stored accept_link(struct accept *a, uint64_t from);
/*
 * Has it made durable; done() hears how that went, now or later, and then a
 * is freed.  The octets must be all there are in the body.
 */
void accept_commit(struct accept *a, uint64_t octets,
                   void (*done)(struct accept *a, enum stored stored),
                   void *arg);
void accept_abort(struct accept *a); /* not once it was committed */
extern const struct sync_ops accept_sync;
enum stored accept_stored(int error);

/* --- the others --- */

void queue_smtpd_peer(struct queue *q, int fd);
void queue_smtpd_gone(struct queue *q);

void queue_submit_begin(struct queue *q, int fd);
void queue_submit_end(struct queue *q);

void queue_resolver_peer(struct queue *q, int fd);
/* True when its hosts are known; otherwise they are being asked for. */
bool queue_mx_known(struct queue *q, struct destination *d);
/* Fills in where to connect. */
void queue_mx_fill(const struct queue *q, const struct destination *d,
                   struct job *job);
bool queue_is_local(const struct queue *q, const char *domain);

void queue_relay_peer(struct queue *q, int fd);
void queue_relays_end(struct queue *q); /* those without a job */
/* Is there one that waits for a job? */
bool queue_relay_idle(const struct queue *q);
/* For a destination whose turn it is. False when none is free after all. */
bool queue_relay_start(struct queue *q, struct destination *d);
unsigned queue_relays_idle(const struct queue *q);

/*
 * A result: into the record, the log and the schedule.  fd is the record's.
 * The recipient is not busy any more.
 */
void queue_result(struct queue *q, struct rcpt *r, const struct record *record,
                  int fd, const struct job_result *result);
/*
 * One of our own making, for all recipients of a message that are ready for a
 * destination; then m is settled, and perhaps gone.
 */
void queue_own_results(struct queue *q, struct message *m,
                       const struct destination *d, enum job_outcome outcome,
                       enum job_step step, const char *reply);
/*
 * Their time is over, of all that no job has; or it is when the record can be
 * read.  As above.
 */
void queue_expire(struct queue *q, struct message *m,
                  const struct destination *d);

/* --- queue_record.c --- */

/*
 * Reads the record of a message; *fd is open to append.  NULL: all recipients
 * that no job has wait a minute; or it is damaged, set aside, and gone if no
 * job has it.
 */
struct record *queue_record(struct queue *q, struct message *m, int *fd);
/* A file of it could not be read, as errno said: as above. */
void queue_unreadable(struct queue *q, struct message *m, int error);
/* Only to look at it: NULL with errno has no consequences. */
struct record *queue_look(const struct queue *q, const struct message *m,
                          int *fd);

/* --- queue_append.c --- */

/* Lines into the record. False when they are not in it. */
bool queue_append(int fd, void (*write_lines)(FILE *out, const void *arg),
                  const void *arg);
/* The same for attempts that begin, or came to nothing; if there is room. */
void queue_append_attempt(int fd,
                          void (*write_lines)(FILE *out, const void *arg),
                          const void *arg);
/* The same for what is so already: kept until it is written. */
void queue_append_kept(struct queue *q, uint64_t id,
                       void (*write_lines)(FILE *out, const void *arg),
                       const void *arg);
/* Writes what is kept of a message. -1 with errno. */
int queue_write_kept(struct queue *q, uint64_t id);
/* The last try, of all. */
void queue_append_end(struct queue *q);

void queue_deliver_peer(struct queue *q, int fd);
/* Recipients of a local destination that are ready. */
void queue_local_start(struct queue *q, struct destination *d);

/* Begins a report of what is owed, or of a delay. */
void queue_report(struct queue *q, struct message *m, enum report_kind kind);
/* After a crash: were those that were begun accepted? */
void queue_report_resume(struct queue *q, struct record *r);

/* Obeys, answers on fd and closes it. all: may change things. */
void queue_control(struct queue *q, const char *command, int fd, bool all);

#endif
