/*
 * What smtpd writes into the log, and counts: one line for each recipient
 * decision, each message, each connection at its end.
 */
#include "lib/log.h"
#include "lib/stats.h"
#include "smtpd/server.h"

#include <string.h>

/*
 * A session's name: its id in 13 characters that sort by time. Ids begin at
 * the milliseconds of smtpd's start, so they are unique on this host while
 * its clock does not jump back.
 */
void record_sid(uint64_t id, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    size_t n = size - 1 < 13 ? size - 1 : 13;

    out[n] = '\0';
    while (n > 0) {
        out[--n] = digits[id & 31];
        id >>= 5;
    }
}

static void begin(struct log_line *l, const struct conn *c, const char *event,
                  const char *sid)
{
    char text[NETADDR_TEXT];

    log_begin(l, LOG_LEVEL_INFO, event);
    log_str(l, "sid", sid);
    log_str(l, "client", netaddr_text(&c->client, text, sizeof(text)));
}

static void put_address(struct log_line *l, const char *key,
                        const struct address *a)
{
    char text[ADDRESS_TEXT];

    log_str(l, key, address_text(a, text, sizeof(text)));
}

static void record_rcpt(const struct conn *c, const struct session_event *e)
{
    struct log_line l;

    begin(&l, c, "rcpt", session_transaction_id(c->session));
    put_address(&l, "from", session_sender(c->session));
    put_address(&l, "to", session_recipient(c->session));
    log_str(&l, "reply", e->reply);
    log_end(&l);
    stats_add(e->reply[0] == '2' ? STAT_RCPT_OK : STAT_RCPT_REFUSED, 1);
}

static void record_message(struct conn *c, const struct session_event *e)
{
    struct log_line l;
    bool stored = e->reply[0] == '2';

    begin(&l, c, "message", e->id);
    put_address(&l, "from", session_sender(c->session));
    log_int(&l, "recipients", (int64_t)session_recipient_count(c->session));
    log_int(&l, "octets", (int64_t)e->octets);
    log_str(&l, "reply", e->reply);
    log_end(&l);
    stats_add(stored ? STAT_MESSAGES : STAT_MESSAGES_FAILED, 1);
    if (stored) {
        stats_add(STAT_OCTETS, (int64_t)e->octets);
        c->messages++;
    }
}

void record_event(void *conn, const struct session_event *e)
{
    if (e->kind == EVENT_RCPT)
        record_rcpt(conn, e);
    else
        record_message(conn, e);
}

void record_connection(const struct conn *c, time_t now)
{
    struct log_line l;

    begin(&l, c, "connection", c->sid);
    if (c->name[0] != '\0')
        log_str(&l, "name", c->name);
    log_str(&l, "helo", session_helo(c->session));
    log_str(&l, "protocol", session_protocol(c->session));
    if (c->io.ssl != NULL) {
        log_str(&l, "tls", SSL_get_version(c->io.ssl));
        log_str(&l, "cipher", SSL_get_cipher_name(c->io.ssl));
    }
    log_int(&l, "messages", c->messages);
    log_int(&l, "seconds", now - c->since);
    log_str(&l, "end", c->ending);
    log_end(&l);
}

void record_refusal(const struct netaddr *client, const char *why)
{
    char text[NETADDR_TEXT];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_INFO, "refused");
    log_str(&l, "client", netaddr_text(client, text, sizeof(text)));
    log_str(&l, "reply", why);
    log_end(&l);
    stats_add(STAT_REFUSED, 1);
}
