/*
 * New settings for programs that run: all of them change, or none.
 *
 * Everything that can fail in the parent is done first: the file is read and
 * checked, files are copied, new addresses are bound.  Then the version is
 * offered to the programs.  If all say READY it is in force, and what the old
 * one held open is closed.  If one refuses, dies or does not answer in time,
 * those that were told get the old version again, which they had accepted.
 * signer is asked before the others: smtpd must not show a certificate of which
 * signer has no key yet.
 *
 * One offer is under way at a time.  user, state and the control socket were
 * used up when the programs were locked in: changing them needs a restart.
 */
#include "tarryd/reload.h"
#include "lib/log.h"
#include "tarryd/control.h"
#include "tarryd/listeners.h"
#include "tarryd/notify.h"
#include "tarryd/workers.h"

#include <event2/event.h>
#include <string.h>
#include <sysexits.h>

#define ANSWER_SEC 30

static void log_mistake(const char *text)
{
    struct log_line l;

    log_begin(&l, LOG_LEVEL_ERROR, "mistake");
    log_str(&l, "text", text);
    log_end(&l);
}

static void refuse_if_changed(struct report *r, const char *file,
                              const char *option, const char *old,
                              const char *new)
{
    if (strcmp(old != NULL ? old : "", new != NULL ? new : "") != 0)
        report_mistake(r, file, option,
                       "changes only with a restart of tarryd");
}

/* What was used up when the programs were locked in. */
static void refuse_unchangeable(struct report *r, const struct conf *old,
                                const struct conf *new)
{
    refuse_if_changed(r, new->file, "user", old->user, new->user);
    refuse_if_changed(r, new->file, "state", old->state, new->state);
    refuse_if_changed(r, new->file, "control socket", old->control.socket,
                      new->control.socket);
    refuse_if_changed(r, new->file, "queue socket", old->queue.socket,
                      new->queue.socket);
    if (old->queue.relays != new->queue.relays)
        report_mistake(r, new->file, "queue relays",
                       "changes only with a restart of tarryd");
}

/* The end of a reload that somebody asked for. */
static void conclude(struct tarryd *t)
{
    struct report *failure = &t->reload.failure;
    struct log_line l;
    bool good = report_empty(failure);

    report_each(failure, log_mistake);
    log_begin(&l, good ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
              good ? "reloaded" : "reload-failed");
    log_str(&l, "file", t->file);
    if (!good)
        log_str(&l, "text", "the old settings stay");
    log_end(&l);
    if (t->phase == SERVING)
        notify_ready();
    control_reloaded(t->control, t->reload.begun, failure);
}

/* Offers the settings in force, again or late, to those of programs alive. */
static void offer_current(struct tarryd *t, unsigned programs)
{
    for (unsigned p = PROGRAM_PARENT + 1; p < PROGRAM_RELAY; p++)
        if (programs & 1u << p && t->workers[p].chan != NULL)
            worker_offer(&t->workers[p], t->settings);
}

static void end_offer(struct tarryd *t)
{
    struct reload *r = &t->reload;
    struct settings *other = r->offer;

    event_del(r->bound);
    if (report_empty(&r->failure)) {
        other = t->settings;
        t->settings = r->offer;
        offer_current(t, r->late);
        workers_relieve(t);
    } else {
        offer_current(t, r->told);
    }
    r->offer = NULL;
    settings_free(other);
    if (!r->watched)
        conclude(t);
    else
        report_each(&r->failure, log_mistake);
    reload_resume(t);
}

static void tell(struct tarryd *t, unsigned programs)
{
    struct reload *r = &t->reload;

    for (unsigned p = PROGRAM_PARENT + 1; p < PROGRAM_RELAY; p++)
        if (programs & 1u << p && t->workers[p].chan != NULL) {
            r->told |= 1u << p;
            r->waiting |= 1u << p;
            worker_offer(&t->workers[p], r->offer);
        }
}

/* When nobody owes an answer: it is the turn of the others, or the end. */
static void go_on(struct tarryd *t)
{
    struct reload *r = &t->reload;
    unsigned next = r->next;

    r->next = 0;
    if (report_empty(&r->failure))
        tell(t, next);
    if (r->waiting == 0)
        end_offer(t);
}

static void offer(struct tarryd *t, struct settings *s, unsigned programs)
{
    static const struct timeval bound = {.tv_sec = ANSWER_SEC};
    struct reload *r = &t->reload;

    r->offer = s;
    r->told = r->waiting = r->late = 0;
    r->next = programs & ~(1u << PROGRAM_SIGNER);
    event_add(r->bound, &bound);
    tell(t, programs & 1u << PROGRAM_SIGNER);
    if (r->waiting == 0)
        go_on(t);
}

void reload_answer(struct tarryd *t, enum program p, const char *why)
{
    struct reload *r = &t->reload;

    if (r->offer == NULL || !(r->waiting & 1u << p)) {
        if (why != NULL && t->workers[p].pid > 0)
            log_error("%s refuses the settings in force: %s", program_name(p),
                      why);
        return;
    }
    r->waiting &= ~(1u << p);
    if (why != NULL) {
        r->told &= ~(1u << p); /* it has kept the old settings */
        report_add(&r->failure, "%s: %s", program_name(p), why);
    }
    if (r->waiting == 0)
        go_on(t);
}

void reload_missed(struct tarryd *t, enum program p)
{
    if (t->reload.offer != NULL)
        t->reload.late |= 1u << p;
}

static void on_bound(evutil_socket_t fd, short what, void *arg)
{
    struct tarryd *t = arg;

    (void)fd, (void)what;
    for (unsigned p = PROGRAM_PARENT + 1; p < PROGRAM_RELAY; p++)
        if (t->reload.waiting & 1u << p)
            report_add(&t->reload.failure, "%s: no answer in %d seconds",
                       program_name(p), ANSWER_SEC);
    t->reload.waiting = 0;
    end_offer(t);
}

/* A version complete with listeners, or NULL and the report says why. */
static struct settings *complete(const struct tarryd *t, struct settings *s,
                                 struct report *r)
{
    struct inherited none = {.n = 0};

    if (s == NULL)
        return NULL;
    refuse_unchangeable(r, t->settings->conf, s->conf);
    if (report_empty(r) && listeners_open(s, t->settings, &none, r) == 0)
        return s;
    settings_free(s);
    return NULL;
}

static void on_trigger(evutil_socket_t fd, short what, void *arg)
{
    struct tarryd *t = arg;
    struct reload *r = &t->reload;
    struct settings *s;

    (void)fd, (void)what;
    if (t->phase != SERVING || r->offer != NULL || !r->wanted)
        return;
    r->wanted = false;
    r->watched = false;
    r->begun++;
    memset(&r->failure, 0, sizeof(r->failure));
    notify_reloading();
    s = complete(t, settings_read(t->file, &r->failure), &r->failure);
    if (s != NULL)
        offer(t, s, ~0u);
    else
        conclude(t);
}

void reload_files(struct tarryd *t, unsigned programs)
{
    struct reload *r = &t->reload;
    struct settings *s;

    r->watched = true;
    memset(&r->failure, 0, sizeof(r->failure));
    s = complete(t, settings_reopen(t->settings, programs, &r->failure),
                 &r->failure);
    if (s != NULL)
        offer(t, s, programs);
    else
        report_each(&r->failure, log_mistake);
}

unsigned reload_request(struct tarryd *t)
{
    t->reload.wanted = true;
    event_active(t->reload.trigger, EV_TIMEOUT, 0);
    return t->reload.begun + 1;
}

void reload_resume(struct tarryd *t)
{
    if (t->reload.wanted)
        event_active(t->reload.trigger, EV_TIMEOUT, 0);
}

void reload_init(struct tarryd *t)
{
    t->reload.trigger = evtimer_new(t->base, on_trigger, t);
    t->reload.bound = evtimer_new(t->base, on_bound, t);
    if (t->reload.trigger == NULL || t->reload.bound == NULL)
        fatal(EX_OSERR, "no event");
}

void reload_cancel(struct tarryd *t)
{
    event_del(t->reload.bound);
    settings_free(t->reload.offer);
    t->reload.offer = NULL;
}

void reload_release(struct tarryd *t)
{
    reload_cancel(t);
    event_free(t->reload.trigger);
    event_free(t->reload.bound);
}
