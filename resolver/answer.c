/*
 * Reading DNS messages.
 *
 * The parsing is that of the C library (ns_initparse(3) and its family, which
 * check every length and stop at loops of compression); here is decided what
 * counts: records of the type asked for, of class IN, at the name asked for
 * or where its aliases lead, in the order of the message.  Owners matter: a
 * record that belongs to another name is not an answer to the question.
 *
 * A message is read up to its ANSWER_RECORDS'th record: what one can cost is
 * bounded by that, whatever it holds behind it.
 */
#include "resolver/answer.h"

#include <arpa/nameser.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

_Static_assert(ANSWER_NAME > NS_MAXDNAME, "any name must fit");

static void lower_ttl(struct answer *a, unsigned long ttl_sec)
{
    if (ttl_sec > INT_MAX) /* RFC 2181 §8 */
        ttl_sec = 0;
    if (ttl_sec < a->ttl_sec)
        a->ttl_sec = (unsigned)ttl_sec;
}

static bool expand(const struct answer *a, const unsigned char *at,
                   char name[ANSWER_NAME])
{
    return ns_name_uncompress(a->message, a->message + a->message_len, at, name,
                              ANSWER_NAME) >= 0;
}

/* Keeps what answers the question; false when a record cannot be read. */
static bool gather(struct answer *a, ns_msg *m, const char *name, unsigned type)
{
    char wanted[ANSWER_NAME];
    ns_rr rr;

    strcpy(wanted, name);
    for (int i = 0; i < ns_msg_count(*m, ns_s_an) && i < ANSWER_RECORDS; i++) {
        if (ns_parserr(m, ns_s_an, i, &rr) != 0)
            return false;
        if (ns_rr_class(rr) != ns_c_in || strcasecmp(ns_rr_name(rr), wanted))
            continue;
        if (ns_rr_type(rr) == type) {
            a->records[a->n].data = ns_rr_rdata(rr);
            a->records[a->n++].len = ns_rr_rdlen(rr);
        } else if (ns_rr_type(rr) != ns_t_cname ||
                   !expand(a, ns_rr_rdata(rr), wanted)) {
            continue;
        }
        lower_ttl(a, ns_rr_ttl(rr));
    }
    return true;
}

/* How long "there is none" may be kept: the SOA record says (RFC 2308 §5). */
static unsigned long negative_ttl(ns_msg *m)
{
    ns_rr rr;

    for (int i = 0; i < ns_msg_count(*m, ns_s_ns) && i < ANSWER_RECORDS; i++) {
        unsigned long minimum;

        if (ns_parserr(m, ns_s_ns, i, &rr) != 0)
            break;
        if (ns_rr_type(rr) != ns_t_soa || ns_rr_rdlen(rr) < 22)
            continue;
        minimum = ns_get32(ns_rr_rdata(rr) + ns_rr_rdlen(rr) - 4);
        return minimum < ns_rr_ttl(rr) ? minimum : ns_rr_ttl(rr);
    }
    return 0;
}

void answer_read(struct answer *a, const unsigned char *message, size_t len,
                 const char *name, unsigned type)
{
    ns_msg m;
    int rcode;

    memset(a, 0, sizeof(*a));
    a->status = ANSWER_FAILED;
    a->ttl_sec = INT_MAX;
    a->message = message;
    a->message_len = len;
    a->malformed = len > NS_MAXMSG || strlen(name) >= ANSWER_NAME ||
                   ns_initparse(message, (int)len, &m) != 0;
    if (a->malformed)
        return;
    rcode = ns_msg_getflag(m, ns_f_rcode);
    if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
        return;
    if (rcode == ns_r_noerror && !gather(a, &m, name, type)) {
        a->malformed = true;
        a->n = 0;
        return;
    }
    a->status = a->n > 0 ? ANSWER_OK : ANSWER_NONE;
    if (a->n == 0)
        lower_ttl(a, negative_ttl(&m));
}

bool answer_name(const struct answer *a, const struct answer_record *r,
                 size_t offset, char name[ANSWER_NAME])
{
    return offset < r->len && expand(a, r->data + offset, name);
}
