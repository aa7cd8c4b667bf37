/*
 * One question to tarryd: a line goes out, and everything until the end of
 * the connection is the answer.
 *
 * Every failure says what was tried and what the administrator can do.
 */
#include "ctl/ask.h"
#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define ANSWER_SEC 60 /* tarryd gives its programs 30 for a reload */
#define STEP       8192
#define ANSWER_MAX (64u * 1024 * 1024)

static int explain(const char *socket)
{
    switch (errno) {
    case ENOENT:
    case ECONNREFUSED:
        fprintf(stderr,
                "tarryctl: tarryd is not running: nobody answers at %s\n"
                "tarryctl: start it with \"systemctl start tarry\" or "
                "\"tarryd\"; -s names another socket\n",
                socket);
        return EX_UNAVAILABLE;
    case EACCES:
    case EPERM:
        fprintf(stderr,
                "tarryctl: %s: no permission: only the user who started "
                "tarryd, and root, may control it\n",
                socket);
        return EX_NOPERM;
    default:
        fprintf(stderr, "tarryctl: %s: %s\n", socket, strerror(errno));
        return EX_IOERR;
    }
}

static int reach(const char *path, int *code)
{
    struct timeval bound = {.tv_sec = ANSWER_SEC};
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(sun.sun_path)) {
        fprintf(stderr, "tarryctl: %s: the path is too long\n", path);
        *code = EX_USAGE;
        return -1;
    }
    memcpy(sun.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound)) == 0)
        return fd;
    *code = explain(path);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* All until the end; NULL when there is none, or it has no line. */
static char *read_all(int fd)
{
    char *text = NULL;
    size_t len = 0;
    ssize_t n;

    do {
        text = xrealloc(text, 1, len + STEP + 1);
        n = read(fd, text + len, STEP);
        if (n > 0)
            len += (size_t)n;
    } while ((n > 0 && len < ANSWER_MAX) || (n < 0 && errno == EINTR));
    text[len] = '\0';
    if (n == 0 && strchr(text, '\n') != NULL)
        return text;
    free(text);
    return NULL;
}

int ask_open(const char *socket, const char *command, int *code)
{
    int fd = reach(socket, code), n;
    char line[2048];

    if (fd < 0)
        return -1;
    n = snprintf(line, sizeof(line), "%s\n", command);
    if ((size_t)n >= sizeof(line)) {
        fprintf(stderr, "tarryctl: the command is too long\n");
        *code = EX_USAGE;
    } else if (send(fd, line, (size_t)n, MSG_NOSIGNAL) == n) {
        return fd;
    } else {
        *code = explain(socket);
    }
    close(fd);
    return -1;
}

char *ask(const char *socket, const char *command, int *code)
{
    int fd = ask_open(socket, command, code);
    char *answer;

    if (fd < 0)
        return NULL;
    answer = read_all(fd);
    if (answer == NULL) {
        fprintf(stderr, "tarryctl: %s: tarryd did not answer\n", socket);
        *code = EX_UNAVAILABLE;
    }
    close(fd);
    return answer;
}
