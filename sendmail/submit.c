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

static FILE *reach(const char *path)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FILE *f = NULL;

    if (fd >= 0 && strlen(path) < sizeof(sun.sun_path)) {
        memcpy(sun.sun_path, path, strlen(path));
        if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
            f = fdopen(fd, "r+");
    }
    if (f == NULL) {
        fprintf(stderr, "tarry-sendmail: %s: %s (is tarryd running?)\n", path,
                strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    return f;
}

static void put_envelope(FILE *f, const struct mail *m)
{
    fprintf(f, "tarry-submit 1\nsize %zu\nflags %u\nsender %s\n", m->len,
            m->flags, m->sender);
    if (m->envid != NULL)
        fprintf(f, "envid %s\n", m->envid);
    for (size_t i = 0; i < m->nrecipients; i++)
        fprintf(f, "recipient %u - %s\n", m->notify, m->recipients[i]);
    putc('\n', f);
}

/* "ok ID" or "error CODE WHY". */
static int read_answer(FILE *f, char *id, size_t size)
{
    char line[1024] = "";
    int code = EX_TEMPFAIL, used = 0;

    if (fgets(line, sizeof(line), f) == NULL) {
        fprintf(stderr, "tarry-sendmail: the queue did not answer\n");
        return EX_TEMPFAIL;
    }
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "ok ", 3) == 0) {
        snprintf(id, size, "%s", line + 3);
        return EX_OK;
    }
    if (sscanf(line, "error %d %n", &code, &used) != 1)
        code = EX_PROTOCOL;
    fprintf(stderr, "tarry-sendmail: %s\n", line + used);
    return code;
}

int submit_mail(const struct site *site, const struct mail *m, char *id,
                size_t size)
{
    FILE *f = reach(site->socket);
    int code;

    if (f == NULL)
        return EX_TEMPFAIL;
    put_envelope(f, m);
    fwrite(m->text, 1, m->len, f);
    fflush(f); /* refused before its end: the answer is there all the same */
    code = read_answer(f, id, size);
    fclose(f);
    return code;
}

int submit_command(const struct site *site, const char *command)
{
    FILE *f = reach(site->socket);
    char line[4096];
    int code = EX_OK;

    if (f == NULL)
        return EX_TEMPFAIL;
    fprintf(f, "tarry-queue %s\n", command);
    fflush(f);
    if (fgets(line, sizeof(line), f) == NULL)
        strcpy(line, "error the queue did not answer\n");
    if (strcmp(line, "ok\n") != 0) {
        fprintf(stderr, "tarry-sendmail: %s",
                strncmp(line, "error ", 6) == 0 ? line + 6 : line);
        code = EX_NOPERM;
    }
    while (code == EX_OK && fgets(line, sizeof(line), f) != NULL)
        fputs(line, stdout);
    fclose(f);
    return code;
}
