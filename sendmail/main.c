/*
 * tarry-sendmail: takes mail from programs on this host, as the sendmail(8)
 * of other mail systems does, and gives it to the queue.
 *
 * It needs no privilege: it reads the message, completes its header and
 * passes it over the queue's socket.  Exit 0 means that it is on disk there.
 * Called as mailq it shows the queue; as newaliases it does nothing, since
 * tarryd reads aliases when it is told to reload.
 */
#include "lib/conf.h"
#include "lib/log.h"
#include "queue/job.h"
#include "sendmail/sendmail.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define SOCKET "/run/tarry/submit"
#define LIMIT  (25u * 1024 * 1024)

struct options {
    const char *file;   /* -C */
    const char *sender; /* -f, -r */
    const char *name;   /* -F */
    const char *mode;   /* -bX: "m", "s", "p"; "q" for -q */
    bool dot;           /* a dot alone ends the message: no -i */
    bool recipients;    /* -t */
    unsigned notify;    /* -N */
    unsigned flags;     /* -R */
    const char *envid;  /* -V */
};

static int usage(void)
{
    fprintf(stderr,
            "usage: tarry-sendmail [-it] [-C file] [-F name] [-f sender] "
            "[-N dsn] [-R ret]\n"
            "                      [-V envid] [recipient ...]\n"
            "       tarry-sendmail -bs | -bp | -q\n");
    return EX_USAGE;
}

static bool read_ret(const char *text, unsigned *flags)
{
    bool full;

    if (!dsn_read_ret(text, strlen(text), &full))
        return false;
    *flags |= full ? JOB_RET_FULL : JOB_RET_HDRS;
    return true;
}

static bool read_option(int c, const char *value, struct options *o)
{
    switch (c) {
    case 'b':
        o->mode = value;
        return strlen(value) == 1 && strchr("msp", value[0]) != NULL;
    case 'q':
        o->mode = "q";
        return true;
    case 'C':
        o->file = value;
        return true;
    case 'F':
        o->name = value;
        return true;
    case 'f':
    case 'r':
        o->sender = value;
        return true;
    case 'i':
        o->dot = false;
        return true;
    case 't':
        o->recipients = true;
        return true;
    case 'o': /* -oi; the others (-oem, -om, -odb) change nothing here */
        if (strcmp(value, "i") == 0)
            o->dot = false;
        return true;
    case 'N':
        return dsn_read_notify(value, strlen(value), &o->notify);
    case 'R':
        return read_ret(value, &o->flags);
    case 'V':
        o->envid = value;
        return dsn_is_envid(value, strlen(value));
    default: /* -B, -n, -v, -L, -O, -G, -U, -m: nothing to us */
        return c != '?';
    }
}

static const char *login(void)
{
    /* cppcheck-suppress getpwuidCalled */
    const struct passwd *pw = getpwuid(getuid());

    return pw != NULL ? pw->pw_name : "nobody";
}

/* What the configuration says, if it may be read. */
static struct conf *read_site(const char *file, struct site *site)
{
    static char err[4096], host[256];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct conf *c = fd != -1 ? conf_read_fd(file, fd, err, sizeof(err)) : NULL;

    if (fd != -1)
        close(fd);
    if (gethostname(host, sizeof(host) - 1) != 0)
        strcpy(host, "localhost");
    *site = (struct site){
        .socket = SOCKET, .hostname = host, .domain = host, .limit = LIMIT};
    if (c == NULL)
        return NULL;
    site->socket = c->queue.socket;
    site->hostname = c->hostname;
    site->domain = c->domains.n > 0 ? c->domains.v[0] : c->hostname;
    site->limit = c->limits.message;
    return c;
}

static int complain(const char *what, const char *value)
{
    fprintf(stderr, "tarry-sendmail: %s%s%s\n", what, value != NULL ? ": " : "",
            value != NULL ? value : "");
    return EX_DATAERR;
}

static bool set_sender(struct mail *m, const char *text, const char *domain)
{
    struct mail one = {0};

    if (text[0] == '\0' || strcmp(text, "<>") == 0) {
        m->sender = xstrdup("");
        return true;
    }
    if (!mail_add(&one, text, domain))
        return false;
    m->sender = one.recipients[0].address;
    free(one.recipients);
    return true;
}

/* From standard input. */
static int take_message(struct mail *m, bool dot, size_t limit)
{
    switch (read_message(m, dot, false, limit)) {
    case MESSAGE_WHOLE:
        return EX_OK;
    case MESSAGE_LARGE:
        return complain("the message is too large", NULL);
    default:
        complain("the message cannot be read", strerror(errno));
        return EX_IOERR;
    }
}

static int send_mail(const struct options *o, const struct site *site,
                     char **recipients)
{
    struct mail m = {.notify = o->notify, .flags = o->flags};
    char *wrong = NULL, id[64];
    int code = EX_OK;

    if (o->envid != NULL)
        m.envid = xstrdup(o->envid);
    if (!set_sender(&m, o->sender != NULL ? o->sender : login(), site->domain))
        code = complain("no address", o->sender);
    for (; code == EX_OK && *recipients != NULL; recipients++)
        if (!mail_add(&m, *recipients, site->domain))
            code = complain("no address", *recipients);
    if (code == EX_OK)
        code = take_message(&m, o->dot, site->limit);
    if (code == EX_OK &&
        !header_complete(&m, o->recipients,
                         m.sender[0] != '\0' ? m.sender : login(), o->name,
                         site, &wrong))
        code = complain("no address", wrong);
    if (code == EX_OK && m.nrecipients == 0)
        code = complain("no recipients; name them, or use -t", NULL);
    if (code == EX_OK)
        code = submit_mail(site, &m, id, sizeof(id));
    free(wrong);
    mail_release(&m);
    return code;
}

int main(int argc, char **argv)
{
    struct options o = {
        .file = SYSCONF "/tarry.conf", .mode = "m", .dot = true};
    const char *slash = strrchr(argv[0], '/');
    const char *self = slash != NULL ? slash + 1 : argv[0];
    struct conf *conf;
    struct site site;
    int c, code;

    signal(SIGPIPE, SIG_IGN);
    if (strcmp(self, "newaliases") == 0)
        return EX_OK;
    if (strcmp(self, "mailq") == 0)
        o.mode = "p";
    while ((c = getopt(argc, argv, "b:B:C:F:f:GiL:mN:nO:o:p:q::R:r:tUV:vX:")) !=
           -1)
        if (!read_option(c, optarg != NULL ? optarg : "", &o))
            return usage();
    conf = read_site(o.file, &site);
    switch (o.mode[0]) {
    case 'p':
        code = submit_command(&site, "list");
        break;
    case 'q':
        code = submit_command(&site, "flush");
        break;
    case 's':
        code = smtp_serve(&site, login());
        break;
    default:
        code = send_mail(&o, &site, argv + optind);
    }
    conf_free(conf);
    return code;
}
