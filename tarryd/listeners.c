/*
 * The sockets on which smtpd and greylist will accept: opened here because
 * only root may have port 25, and only here, so that they need no socket(2).
 *
 * A reload opens what is new before anything old is closed, and goes on with
 * the very sockets whose addresses stay, so that no connection that waits in
 * a backlog is lost.  The protocol of socket activation is sd_listen_fds(3).
 */
#include "tarryd/listeners.h"
#include "lib/log.h"
#include "lib/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define FIRST_INHERITED 3
#define BACKLOG         1024
#define MOMENTS         60 /* of 50 ms */

/* An option that lists addresses, and the sockets open for them. */
struct list {
    const char *option;
    const struct conf_listen *listen;
    size_t n;
    int *fds;
};

static unsigned port_of(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET6)
        return ntohs(
            ((const struct sockaddr_in6 *)(const void *)sa)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)sa)->sin_port);
}

static const char *path_of(const struct sockaddr_storage *a)
{
    return ((const struct sockaddr_un *)(const void *)a)->sun_path;
}

static bool same_address(const struct sockaddr_storage *a,
                         const struct sockaddr_storage *b)
{
    const struct sockaddr *sa = (const struct sockaddr *)a,
                          *sb = (const struct sockaddr *)b;
    struct netaddr na = netaddr_from_sockaddr(sa),
                   nb = netaddr_from_sockaddr(sb);

    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_UNIX)
        return strcmp(path_of(a), path_of(b)) == 0;
    return port_of(sa) == port_of(sb) && netaddr_equal(&na, &nb);
}

void inherited_take(struct inherited *in)
{
    const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
    long count = n != NULL ? strtol(n, NULL, 10) : 0;

    memset(in, 0, sizeof(*in));
    if (pid == NULL || strtol(pid, NULL, 10) != getpid())
        return;
    for (int fd = FIRST_INHERITED; fd < FIRST_INHERITED + count; fd++) {
        if (in->n == SETUP_LISTENERS || fcntl(fd, F_GETFD) < 0)
            break;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        in->fds[in->n++] = fd;
    }
}

/* True, with its address, for a listening stream socket of the internet. */
static bool is_listener(int fd, struct sockaddr_storage *sa)
{
    int type = 0, listening = 0;
    socklen_t len = sizeof(type);

    memset(sa, 0, sizeof(*sa));
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
        type != SOCK_STREAM)
        return false;
    len = sizeof(listening);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 ||
        !listening)
        return false;
    len = sizeof(*sa);
    return getsockname(fd, (struct sockaddr *)sa, &len) == 0 &&
           (sa->ss_family == AF_INET || sa->ss_family == AF_INET6);
}

void inherited_close(struct inherited *in)
{
    struct sockaddr_storage sa;
    struct netaddr a;
    char text[NETADDR_TEXT];

    for (size_t i = 0; i < in->n; i++) {
        if (is_listener(in->fds[i], &sa)) {
            a = netaddr_from_sockaddr((struct sockaddr *)&sa);
            log_warn("an inherited socket is closed: listen does not name "
                     "%s port %u",
                     netaddr_text(&a, text, sizeof(text)),
                     port_of((struct sockaddr *)&sa));
        } else {
            log_warn("an inherited descriptor is closed: it is no listening "
                     "TCP socket");
        }
        close(in->fds[i]);
    }
    in->n = 0;
}

static int take_inherited(struct inherited *in, const struct conf_listen *l)
{
    struct sockaddr_storage sa;

    for (size_t i = 0; i < in->n; i++) {
        int fd = in->fds[i];

        if (is_listener(fd, &sa) && same_address(&sa, &l->address)) {
            in->fds[i] = in->fds[--in->n];
            return fd;
        }
    }
    return -1;
}

static int take_old(const struct list *old, const struct conf_listen *l)
{
    for (size_t i = 0; i < old->n; i++)
        if (same_address(&old->listen[i].address, &l->address))
            return fcntl(old->fds[i], F_DUPFD_CLOEXEC, 0);
    return -1;
}

/* Removes the socket of a server that is gone; -1 when one answers there. */
static int clear_path(const struct conf_listen *l)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = fd < 0 ? -1
                    : connect(fd, (const struct sockaddr *)&l->address,
                              l->address_len);
    bool alive = rc == 0 || errno == EAGAIN;
    struct stat st;

    if (fd >= 0)
        close(fd);
    if (!alive && lstat(path_of(&l->address), &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path_of(&l->address));
    errno = EADDRINUSE;
    return alive ? -1 : 0;
}

/* -1 with errno. */
static int open_new(const struct conf_listen *l)
{
    const struct sockaddr *sa = (const struct sockaddr *)&l->address;
    int on = 1, saved;
    int fd =
        socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        (sa->sa_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
        (sa->sa_family != AF_UNIX || clear_path(l) == 0) &&
        bind(fd, sa, l->address_len) == 0 &&
        (sa->sa_family != AF_UNIX ||
         chmod(path_of(&l->address), 0666) == 0) && /* who can ask may ask */
        listen(fd, BACKLOG) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* Says what went wrong, and what to do. The code is one of sysexits(3). */
static int explain(const char *file, const struct list *list,
                   const struct conf_listen *l, struct report *r)
{
    unsigned port = port_of((const struct sockaddr *)&l->address);
    const char *option = list->option;

    if (l->address.ss_family == AF_UNIX) {
        report_mistake(r, file, option, "%s: %s", l->text,
                       errno == EADDRINUSE
                           ? "another program answers there, or it is no socket"
                           : strerror(errno));
        return errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
    }
    switch (errno) {
    case EACCES:
    case EPERM:
        report_mistake(r, file, option,
                       "%s: only root may have port %u; start tarryd as root "
                       "or by a systemd socket, or choose a port above 1023",
                       l->text, port);
        return EX_NOPERM;
    case EADDRINUSE:
        report_mistake(r, file, option,
                       "%s: another program has this address; stop it (ss "
                       "-ltnp 'sport = :%u' shows it) or choose another port",
                       l->text, port);
        return EX_UNAVAILABLE;
    case EADDRNOTAVAIL:
        report_mistake(r, file, option,
                       "%s: this machine does not have this address (ip "
                       "address shows those it has)",
                       l->text);
        return EX_CONFIG;
    default:
        report_mistake(r, file, option, "%s: %s", l->text, strerror(errno));
        return EX_OSERR;
    }
}

/*
 * When a tarryd was killed, its smtpd needs a moment to see that, and holds the
 * addresses until then.  At a reload nobody is waited for.
 */
static int open_patiently(const struct conf_listen *l, bool patient)
{
    static const struct timespec moment = {.tv_nsec = 50000000};
    int fd = open_new(l);

    for (int i = 0; i < MOMENTS && patient && fd < 0 && errno == EADDRINUSE;
         i++) {
        nanosleep(&moment, NULL);
        fd = open_new(l);
    }
    return fd;
}

static int open_list(struct list *list, const struct list *old,
                     const char *file, struct inherited *in, struct report *r)
{
    int code = 0;

    for (size_t i = 0; i < list->n; i++) {
        const struct conf_listen *l = &list->listen[i];

        list->fds[i] = take_inherited(in, l);
        if (list->fds[i] < 0)
            list->fds[i] = take_old(old, l);
        if (list->fds[i] < 0)
            list->fds[i] = open_patiently(l, old->listen == NULL);
        if (list->fds[i] < 0)
            code = explain(file, list, l, r);
    }
    return code;
}

static struct list smtp_list(struct settings *s)
{
    if (s == NULL)
        return (struct list){0};
    return (struct list){"listen", s->conf->listen, s->conf->nlisten,
                         s->listeners};
}

static struct list policy_list(struct settings *s)
{
    if (s == NULL)
        return (struct list){0};
    return (struct list){"policy.listen", s->conf->policy.listen,
                         s->conf->policy.nlisten, s->policy};
}

int listeners_open(struct settings *s, struct settings *old,
                   struct inherited *in, struct report *r)
{
    struct list smtp = smtp_list(s), old_smtp = smtp_list(old);
    struct list policy = policy_list(s), old_policy = policy_list(old);
    int code = open_list(&smtp, &old_smtp, s->conf->file, in, r);
    int code2 = open_list(&policy, &old_policy, s->conf->file, in, r);

    return code != 0 ? code : code2;
}
