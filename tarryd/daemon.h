/* Where the log goes, and leaving the terminal. */
#ifndef TARRY_DAEMON_H
#define TARRY_DAEMON_H

/*
 * Nobody shall wait for who reads the log: a pipe or a terminal as descriptor
 * 2 is opened anew, non-blocking for us and not for whom we have it from.
 */
void daemon_unblock_log(void);

/* Opens /dev/null in place of descriptors 0, 1 and 2 that are closed. */
void daemon_descriptors(void);

/* In the foreground: plain lines when descriptor 2 goes to the journal. */
void daemon_journal(void);

/*
 * Leaves the terminal: returns in a new process, with a descriptor for
 * daemon_tell().  The old one waits for that and exits with its code.
 * Returns -1 with errno when that cannot be.
 */
int daemon_detach(void);
void daemon_tell(int fd, int exit_code);

/* Descriptor 2 becomes a socket connected to /dev/log. -1 with errno. */
int daemon_syslog(void);
/* After a restart of its daemon the old connection leads nowhere. */
void daemon_syslog_again(void);

#endif
