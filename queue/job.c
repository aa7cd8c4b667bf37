/*
 * Jobs and results as payloads of messages.
 *
 * relay reads strangers' replies: what it sends queue is checked here as if a
 * stranger had sent it.  Numbers are held to their range, strings to their
 * length, text to printable ASCII; the rest of the order (each index once) is
 * for the reader to check, who knows the job.
 */
#include "queue/job.h"

#include <string.h>

static const char *const step_names[STEP_COUNT] = {
    [STEP_CONNECT] = "connect",   [STEP_GREETING] = "greeting",
    [STEP_HELLO] = "hello",       [STEP_STARTTLS] = "starttls",
    [STEP_TLS] = "tls-handshake", [STEP_MAIL] = "mail",
    [STEP_RCPT] = "rcpt",         [STEP_DATA] = "data",
    [STEP_DOT] = "dot",
};

static const char *const outcome_names[] = {
    [OUTCOME_DELIVERED] = "delivered",
    [OUTCOME_DEFERRED] = "deferred",
    [OUTCOME_REFUSED] = "refused",
    [OUTCOME_UNKNOWN] = "unknown",
};

const char *job_step_name(enum job_step step)
{
    return step_names[step];
}

const char *job_outcome_name(enum job_outcome outcome)
{
    return outcome_names[outcome];
}

void job_times_default(unsigned times_ms[TIME_COUNT])
{
    static const unsigned rfc[TIME_COUNT] = {
        [TIME_CONNECT] = 30 * 1000,    [TIME_GREETING] = 300 * 1000,
        [TIME_HELLO] = 300 * 1000,     [TIME_MAIL] = 300 * 1000,
        [TIME_RCPT] = 300 * 1000,      [TIME_DATA] = 120 * 1000,
        [TIME_BLOCK] = 180 * 1000,     [TIME_DOT] = 600 * 1000,
        [TIME_ENVELOPE] = 1800 * 1000,
    };

    memcpy(times_ms, rfc, sizeof(rfc));
}

unsigned job_behind(const struct job *j, const char *host, unsigned attempts)
{
    unsigned n = j->naddresses, i = n;

    while (i > 0 && strcmp(j->addresses[i - 1].host, host) != 0)
        i--;
    if (i == 0)
        return 0;
    i %= n;
    return strcmp(j->addresses[i].host, host) == 0 ? attempts % n : i;
}

static void put_netaddr(struct msg_out *o, const struct netaddr *a)
{
    msg_put_u32(o, a->family);
    msg_put_mem(o, a->octets, sizeof(a->octets));
}

static bool get_netaddr(struct msg_in *in, struct netaddr *a)
{
    uint32_t family;

    memset(a, 0, sizeof(*a));
    msg_get_u32(in, &family);
    msg_get_mem(in, a->octets, sizeof(a->octets));
    a->family = (uint8_t)family;
    return !in->failed && (family == 0 || family == 4 || family == 6);
}

void job_put(struct msg_out *o, const struct job *j)
{
    msg_put_u32(o, j->flags);
    msg_put_u64(o, j->size);
    for (size_t i = 0; i < TIME_COUNT; i++)
        msg_put_u32(o, j->times_ms[i]);
    msg_put_u32(o, j->minimum_rate);
    msg_put_str(o, j->helo);
    put_netaddr(o, &j->source4);
    put_netaddr(o, &j->source6);
    msg_put_str(o, j->sender);
    msg_put_str(o, j->envid);
    msg_put_u32(o, j->naddresses);
    for (size_t i = 0; i < j->naddresses; i++) {
        msg_put_str(o, j->addresses[i].host);
        put_netaddr(o, &j->addresses[i].address);
        msg_put_u32(o, j->addresses[i].port);
    }
    msg_put_u32(o, j->first);
    msg_put_u32(o, j->nrecipients);
    for (size_t i = 0; i < j->nrecipients; i++) {
        msg_put_str(o, j->recipients[i].address);
        msg_put_u32(o, j->recipients[i].notify);
        msg_put_str(o, j->recipients[i].orcpt);
    }
}

/* Nothing that could end a command, or its argument. */
static bool one_word(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s <= ' ' || *s == 0x7f)
            return false;
    return true;
}

/* An address may hold spaces, in a quoted local part. */
static bool one_line(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return false;
    return true;
}

static bool get_address(struct msg_in *in, struct job_address *a)
{
    uint32_t port;

    msg_get_str(in, a->host, sizeof(a->host));
    if (!get_netaddr(in, &a->address) || !msg_get_u32(in, &port))
        return false;
    a->port = (unsigned short)port;
    return one_word(a->host) && a->address.family != 0 && port > 0 &&
           port <= UINT16_MAX;
}

static bool get_recipient(struct msg_in *in, struct job_recipient *r)
{
    uint32_t notify;

    msg_get_str(in, r->address, sizeof(r->address));
    msg_get_u32(in, &notify);
    msg_get_str(in, r->orcpt, sizeof(r->orcpt));
    r->notify = notify;
    return !in->failed && r->address[0] != '\0' && one_line(r->address) &&
           one_word(r->orcpt);
}

bool job_get(struct msg_in *in, struct job *j)
{
    memset(j, 0, sizeof(*j));
    msg_get_u32(in, &j->flags);
    msg_get_u64(in, &j->size);
    for (size_t i = 0; i < TIME_COUNT; i++)
        msg_get_u32(in, &j->times_ms[i]);
    msg_get_u32(in, &j->minimum_rate);
    msg_get_str(in, j->helo, sizeof(j->helo));
    if (!get_netaddr(in, &j->source4) || !get_netaddr(in, &j->source6))
        return false;
    msg_get_str(in, j->sender, sizeof(j->sender));
    msg_get_str(in, j->envid, sizeof(j->envid));
    if (!one_word(j->helo) || j->helo[0] == '\0' || !one_line(j->sender) ||
        !one_word(j->envid))
        return false;
    if (!msg_get_u32(in, &j->naddresses) || j->naddresses == 0 ||
        j->naddresses > JOB_ADDRESSES)
        return false;
    for (size_t i = 0; i < j->naddresses; i++)
        if (!get_address(in, &j->addresses[i]))
            return false;
    if (!msg_get_u32(in, &j->first) || j->first >= j->naddresses)
        return false;
    if (!msg_get_u32(in, &j->nrecipients) || j->nrecipients == 0 ||
        j->nrecipients > JOB_RECIPIENTS)
        return false;
    for (size_t i = 0; i < j->nrecipients; i++)
        if (!get_recipient(in, &j->recipients[i]))
            return false;
    return msg_done(in);
}

void job_result_put(struct msg_out *o, const struct job_result *r)
{
    msg_put_u32(o, r->index);
    msg_put_u32(o, r->outcome);
    msg_put_u32(o, r->step);
    msg_put_u32(o, r->flags);
    msg_put_str(o, r->host);
    put_netaddr(o, &r->address);
    msg_put_str(o, r->reply);
}

static bool printable(const char *s)
{
    for (; *s != '\0'; s++)
        if ((*s < ' ' || *s > '~') && *s != '\n')
            return false;
    return true;
}

bool job_result_get(struct msg_in *in, struct job_result *r)
{
    uint32_t outcome, step;

    memset(r, 0, sizeof(*r));
    msg_get_u32(in, &r->index);
    msg_get_u32(in, &outcome);
    msg_get_u32(in, &step);
    msg_get_u32(in, &r->flags);
    msg_get_str(in, r->host, sizeof(r->host));
    if (!get_netaddr(in, &r->address))
        return false;
    msg_get_str(in, r->reply, sizeof(r->reply));
    r->outcome = (enum job_outcome)outcome;
    r->step = (enum job_step)step;
    return msg_done(in) && outcome <= OUTCOME_UNKNOWN && step < STEP_COUNT &&
           printable(r->host) && printable(r->reply);
}
