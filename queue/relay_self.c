/*
 * Ourselves, at the other end.  Which addresses this host has is not known
 * where we listen at all of them; but the kernel connects to one of its own
 * from that same address.  So it is us when the port is one of ours, and the
 * address the one that we listen at, or both ends' behind a listener at all.
 *
 * With queue.source-ipv4 set, or behind another host that passes connections
 * on to us, nothing is noticed: then the count of Received fields ends it
 * (RFC 5321 §6.3).
 */
#include "queue/relay_self.h"

#include "lib/netaddr.h"

#include <string.h>

static const struct conf *conf;

void relay_self_prepare(const struct conf *c)
{
    conf = c;
}

static bool is_any(const struct netaddr *a)
{
    struct netaddr any = {.family = a->family};

    return netaddr_equal(a, &any);
}

bool relay_self_is(int fd)
{
    struct sockaddr_storage local, remote;
    socklen_t local_len = sizeof(local), remote_len = sizeof(remote);
    const struct sockaddr *peer = (const struct sockaddr *)&remote;
    struct netaddr here, there;

    if (conf == NULL ||
        getsockname(fd, (struct sockaddr *)&local, &local_len) != 0 ||
        getpeername(fd, (struct sockaddr *)&remote, &remote_len) != 0)
        return false;
    here = netaddr_from_sockaddr((const struct sockaddr *)&local);
    there = netaddr_from_sockaddr(peer);
    for (size_t i = 0; i < conf->nlisten; i++) {
        const struct sockaddr *sa =
            (const struct sockaddr *)&conf->listen[i].address;
        struct netaddr ours = netaddr_from_sockaddr(sa);

        if (netaddr_port(sa) == netaddr_port(peer) &&
            (netaddr_equal(&ours, &there) ||
             (is_any(&ours) && netaddr_equal(&here, &there))))
            return true;
    }
    return false;
}
