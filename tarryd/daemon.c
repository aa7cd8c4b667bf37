/*
 * Where the log goes, and leaving the terminal.
 *
 * The process that was started stays until the daemon serves or has failed,
 * and exits with that result, so that a script knows which of the two it is.
 * All programs inherit descriptor 2 and TARRY_LOG, which says what it is.
 */
#include "tarryd/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

void daemon_descriptors(void)
{
    int fd;

    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
        continue;
    if (fd >= 0)
        close(fd);
}

void daemon_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat st;

    if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
        return;
    snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev,
             (uintmax_t)st.st_ino);
    if (strcmp(own, stream) == 0)
        setenv("TARRY_LOG", "plain", 1);
}

void daemon_unblock_log(void)
{
    struct stat st;
    int fd;

    if (fstat(STDERR_FILENO, &st) != 0 ||
        !(S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)))
        return;
    fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return; /* not ours to open: then it blocks */
    dup2(fd, STDERR_FILENO);
    close(fd);
}

_Noreturn static void await(int fd)
{
    unsigned char code = EX_SOFTWARE;

    while (read(fd, &code, 1) < 0 && errno == EINTR)
        continue;
    if (code != EX_OK)
        fprintf(stderr, "tarryd: did not start; the system log says why\n");
    exit(code);
}

int daemon_detach(void)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    switch (fork()) {
    case -1:
        return -1;
    case 0:
        break;
    default:
        close(fds[1]);
        await(fds[0]);
    }
    close(fds[0]);
    if (setsid() < 0 || chdir("/") != 0)
        return -1;
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    daemon_descriptors();
    return fds[1];
}

void daemon_tell(int fd, int exit_code)
{
    unsigned char code = (unsigned char)exit_code;

    if (write(fd, &code, 1) < 0)
        return; /* nobody waits any more */
    close(fd);
}

static int connect_syslog(int fd)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

    return connect(fd, (struct sockaddr *)&sun, sizeof(sun));
}

int daemon_syslog(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (connect_syslog(fd) != 0 || dup2(fd, STDERR_FILENO) < 0) {
        close(fd);
        return -1;
    }
    close(fd);
    return setenv("TARRY_LOG", "syslog", 1);
}

void daemon_syslog_again(void)
{
    const char *log = getenv("TARRY_LOG");

    if (log != NULL && strcmp(log, "syslog") == 0)
        (void)connect_syslog(STDERR_FILENO); /* or the next time */
}
