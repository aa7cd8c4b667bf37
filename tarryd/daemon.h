/* Where the log goes, and leaving the terminal. */
#ifndef TARRY_DAEMON_H
#define TARRY_DAEMON_H

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

#endif
