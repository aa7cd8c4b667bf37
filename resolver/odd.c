/*
 * What is odd in an answer is worth a line, because it may explain why a client
 * has no name.  But answers come from whom the client's owner chooses: so no
 * more than a line a minute, which says how many there were meanwhile.
 */
#include "resolver/odd.h"

#include "lib/log.h"

#define QUIET_SEC 60

void odd_log(struct odd *o, const struct netaddr *client, uint64_t now_sec,
             const char *text)
{
    char address[NETADDR_TEXT];
    struct log_line l;

    if (o->logged_sec != 0 && now_sec < o->logged_sec + QUIET_SEC) {
        o->not_logged++;
        return;
    }
    log_begin(&l, LOG_LEVEL_WARN, "odd-answer");
    log_str(&l, "client", netaddr_text(client, address, sizeof(address)));
    log_str(&l, "text", text);
    log_int(&l, "not-logged", o->not_logged);
    log_end(&l);
    o->logged_sec = now_sec;
    o->not_logged = 0;
}
