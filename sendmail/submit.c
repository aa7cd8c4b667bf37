/*
 * The queue's socket from the other side; see queue/queue_submit.c for what
 * is said there.
 */
#include "sendmail/sendmail.h"

#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define PATIENCE_SEC 600 /* for any step of the queue's */
#define BUSY_SEC     60  /* while it has too many of this user */
#define TOO_MANY     "too many of yours at once"

/* Two streams: what it said is there also when it hears no more. */
struct line {
    FILE *in, *out;
};

static int reach(const char *path)
{
    static const struct timeval patience = {.tv_sec = PATIENCE_SEC};
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && strlen(path) < sizeof(sun.sun_path)) {
        memcpy(sun.sun_path, path, strlen(path));
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
            return fd;
    }
    fprintf(stderr, "tarry-sendmail: %s: %s (is tarryd running?)\n", path,
            strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool line_open(struct line *l, const char *path)
{
    int fd = reach(path), other = fd != -1 ? dup(fd) : -1;

    if (fd == -1)
        return false;
    l->in = fdopen(fd, "r");
    l->out = other != -1 ? fdopen(other, "w") : NULL;
    if (l->in == NULL || l->out == NULL)
        fatal(EX_OSERR, "no stream: %s", strerror(errno));
    return true;
}

static void line_close(struct line *l)
{
    fclose(l->in);
    fclose(l->out);
}

static void put_envelope(FILE *f, const struct mail *m)
{
    fprintf(f, "tarry-submit 1\nsize %zu\nflags %u\nsender %s\n", m->len,
            m->flags, m->sender);
    if (m->envid != NULL)
        fprintf(f, "envid %s\n", m->envid);
    for (size_t i = 0; i < m->nrecipients; i++) {
        const struct mail_recipient *r = &m->recipients[i];

        fprintf(f, "recipient %u %s %s\n", r->notify,
                r->orcpt != NULL ? r->orcpt : "-", r->address);
    }
    putc('\n', f);
}

/* One line, without its end; or in its place what says that there is none. */
static void read_line(struct line *l, char *line, int size, const char *none)
{
    if (fgets(line, size, l->in) == NULL)
        snprintf(line, (size_t)size, "%s", none);
    line[strcspn(line, "\n")] = '\0';
}

/* "ok ID" or "error CODE WHY". */
static int obey_answer(const char *line, char *id, size_t size)
{
    int code = EX_TEMPFAIL, used = 0;

    if (strncmp(line, "ok ", 3) == 0) {
        snprintf(id, size, "%s", line + 3);
        return EX_OK;
    }
    if (sscanf(line, "error %d %n", &code, &used) != 1)
        code = EX_PROTOCOL;
    fprintf(stderr, "tarry-sendmail: %s\n", line + used);
    return code;
}

/* What the queue says to all of it. False when it cannot be reached. */
static bool submit_once(const struct site *site, const struct mail *m,
                        char *answer, int size)
{
    struct line l;

    if (!line_open(&l, site->socket))
        return false;
    put_envelope(l.out, m);
    fwrite(m->text, 1, m->len, l.out);
    fflush(l.out); /* refused before its end: that is said all the same */
    read_line(&l, answer, size, "error 75 the queue did not answer");
    line_close(&l);
    return true;
}

int submit_mail(const struct site *site, const struct mail *m, char *id,
                size_t size)
{
    char answer[1024];

    for (unsigned sec = 0; submit_once(site, m, answer, sizeof(answer));
         sec++) {
        if (strcmp(answer, "busy") != 0)
            return obey_answer(answer, id, size);
        if (sec == BUSY_SEC) {
            fprintf(stderr, "tarry-sendmail: " TOO_MANY "\n");
            break;
        }
        sleep(1);
    }
    return EX_TEMPFAIL;
}

int submit_command(const struct site *site, const char *command)
{
    char text[4096];
    struct line l;
    int code = EX_OK;

    if (!line_open(&l, site->socket))
        return EX_TEMPFAIL;
    fprintf(l.out, "tarry-queue %s\n", command);
    fflush(l.out);
    read_line(&l, text, sizeof(text), "error the queue did not answer");
    if (strcmp(text, "ok") != 0) {
        const char *why = strncmp(text, "error ", 6) == 0 ? text + 6 : text;
        bool is_busy = strcmp(text, "busy") == 0;

        code = is_busy ? EX_TEMPFAIL : EX_NOPERM;
        fprintf(stderr, "tarry-sendmail: %s\n", is_busy ? TOO_MANY : why);
    }
    while (code == EX_OK && fgets(text, sizeof(text), l.in) != NULL)
        fputs(text, stdout);
    line_close(&l);
    return code;
}
