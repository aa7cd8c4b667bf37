/*
 * The order of a job's addresses, see relay_hosts.h.
 *
 * What gives the message most hope is told: any deferral before a refusal,
 * one by a host that spoke of the message before one by a host that did not,
 * for that destination is not dead; and of equals the first, the best host's.
 */
#include "queue/relay_hosts.h"

void relay_hosts_begin(struct relay_hosts *h, const struct job *job)
{
    *h = (struct relay_hosts){
        .job = job, .address = job->first, .end = job->naddresses};
}

static unsigned hope(const struct job_result *r)
{
    return r->outcome == OUTCOME_REFUSED ? 0 : r->step < STEP_MAIL ? 1 : 2;
}

bool relay_hosts_next(struct relay_hosts *h, const struct job_result *failure,
                      bool ourselves)
{
    unsigned end;

    if (!h->failed || hope(failure) > hope(&h->best))
        h->best = *failure;
    h->failed = true;
    if (hope(failure) == 2 && ++h->spoken == RELAY_HOSTS_SPOKEN)
        return false;
    if (ourselves)
        h->end = h->address;
    h->address++;
    if (!h->wrapped && h->address >= h->end) {
        h->wrapped = true;
        h->address = 0;
    }
    end = h->wrapped && h->job->first < h->end ? h->job->first : h->end;
    return h->address < end;
}
