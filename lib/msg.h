/*
 * The messages between programs.
 *
 * A channel is an AF_UNIX SOCK_SEQPACKET pair: one packet is one message,
 * and may carry one file descriptor (SCM_RIGHTS).  msg_table says of every
 * type who sends it, who receives it, when it is legal, how long it may be
 * and whether a descriptor comes with it.  What does not match its row ends
 * the peer: chan.c closes the channel, and the parent restarts who died of it.
 *
 * Integers are in host order (both ends are of one build; MSG_MAGIC tells).
 * A string is a uint16_t length and the bytes, without a final NUL.
 */
#ifndef TARRY_MSG_H
#define TARRY_MSG_H

#include "lib/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSG_MAGIC   0x7aeau     /* changes with any layout below */
#define MSG_PAYLOAD (64 * 1024) /* octets at most in one message */

/*
 * What MSG_SPOOL can tell queue of: addresses, and the octets they take with
 * their ORCPT, each with so many more.  What fits there fits MSG_CHECKED.
 */
#define SPOOL_ADDRESSES      1000
#define SPOOL_OCTETS         (60u * 1024)
#define SPOOL_ADDRESS_OCTETS (3 * sizeof(uint16_t) + sizeof(uint32_t))

enum msg_type {
    /* The parent to each child; GO applies all that came since the last. */
    MSG_CONFIG,  /* fd: the text of the configuration. str file name */
    MSG_FILE,    /* fd: a file it names. u32 enum file_kind, u32 index, str */
    MSG_LISTEN,  /* fd: a listening socket. u32 index in conf->listen, for
                    greylist in conf->policy.listen; queue has one only,
                    that of queue.socket */
    MSG_PEER,    /* fd: a channel. u32 enum program at its other end, u32 its
                    number */
    MSG_GO,      /* nothing */
    MSG_TRY,     /* nothing: in place of the first GO. READY or REFUSED, then
                    exit 0; nothing is made, opened for writing or served */
    MSG_STOP,    /* nothing: finish what is under way, then exit 0 */
    MSG_CONTROL, /* fd: an administrator's connection. str the command */
    MSG_PING,    /* nothing: are you there? */
    /* Each child to the parent. */
    MSG_READY,   /* nothing: the last GO is in force */
    MSG_REFUSED, /* str: why the last GO is not; the old settings stay */
    MSG_PONG,    /* nothing: to each PING */
    MSG_LOST,    /* u32 enum program: the channel to it closed; u32 number */
    /* smtpd and signer; every SIGN is answered, in order. */
    MSG_SIGN,   /* a struct sign_request (signer/request.h) */
    MSG_SIGNED, /* the signature; nothing when there is none */
    /* smtpd and resolver. */
    MSG_NAME,  /* u32 family (4 or 6), 4 or 16 octets of address */
    MSG_NAMED, /* u32 enum named, str the verified name or nothing */
    /* smtpd and deliver, queue and deliver; the message's id is the SMTP
       session's. */
    MSG_CHECK,     /* str local part, str domain */
    MSG_CHECKED,   /* u32 enum checked; for CHECKED_REMOTE also u32: 1 when
                      a part of it is local, u32 what the rest is known by,
                      u32 n, n times (str local part, str domain) where it
                      goes */
    MSG_OPEN,      /* u32 flags, str session, str sender, u32 n, n times (str
                      local part, str domain, u32 what CHECKED said that the
                      part elsewhere is known by, 0 when there is none) */
    MSG_OPENED,    /* u32 enum stored; fd of the body when STORED_OK */
    MSG_COMMIT,    /* u64 octets that smtpd wrote */
    MSG_COMMITTED, /* u32 enum stored */
    MSG_ABORT,     /* nothing: forget the transaction, if there is one */
    /* smtpd to queue, in place of OPEN; the rest is the same. */
    MSG_SPOOL, /* u32 enum job_flags (queue/job.h), str session, str sender,
                  str ENVID as it came, u32 n, n times (str local part, str
                  domain, u32 enum dsn_notify, str ORCPT as it came) */
    /* queue and resolver. */
    MSG_MX,       /* str domain, u32 n, n times str: host names and addresses
                     that are our own */
    MSG_MX_FOUND, /* u32 enum mx, u32 how long it holds in seconds, u32 n, n
                     times (str host, u32 preference, u32 family, address) */
    /* queue and relay; the message's id is the job's. See queue/job.h. */
    MSG_JOB,      /* fd: the message to send. A struct job */
    MSG_DOT,      /* nothing: its end is about to be sent. Until the RESULTs
                     nobody knows whether the server has it */
    MSG_RESULT,   /* of one recipient: a struct job_result */
    MSG_JOB_DONE, /* after all RESULTs. u32: 1 when the session is still open
                     for another JOB, str why not */
    MSG_END,      /* nothing: no more jobs. QUIT, exit 0 */
    /* smtpd and greylist; the id is the SMTP session's. */
    MSG_JUDGE,  /* u32 family (0, 4, 6), 16 octets of address, str verified
                   name or nothing, str EHLO name, str transaction id,
                   str sender's local part, str its domain,
                   str recipient's local part, str its domain */
    MSG_JUDGED, /* u32 enum judged, str reply, str header fields */
    MSG_COUNT
};

/* Files that only the parent may open, by what they are. */
enum file_kind {
    FILE_CERTIFICATE,
    FILE_KEY,
    FILE_ALIASES,
    FILE_PASSWD,
    FILE_EXEMPT_CLIENTS, /* and on: the index is that of its entry */
    FILE_EXEMPT_SENDERS,
    FILE_EXEMPT_RECIPIENTS,
    FILE_ONLY_RECIPIENTS
};

/* What resolver found of a client address (forward-confirmed reverse DNS). */
enum named {
    NAMED_VERIFIED, /* the name resolves to the address again */
    NAMED_NONE,     /* no PTR, or none that resolves back */
    NAMED_UNKNOWN   /* no answer in time, or SERVFAIL */
};

/* What deliver says of a recipient. */
enum checked {
    CHECKED_LOCAL,    /* ends in Maildirs here */
    CHECKED_REMOTE,   /* ours to take, but (also) leaves: the queue's */
    CHECKED_UNKNOWN,  /* our domain, no such user */
    CHECKED_NOT_OURS, /* not our domain: relaying */
    CHECKED_FAILURE,  /* cannot tell now */
    CHECKED_TOO_MANY  /* smtpd to itself: not in this transaction */
};

/* How storing went. */
enum stored {
    STORED_OK,
    STORED_FULL_DISK,    /* ENOSPC: 452 4.3.1 */
    STORED_FULL_MAILBOX, /* EDQUOT: 452 4.2.2 */
    STORED_FAILURE       /* anything else: 451 4.3.0 */
};

/* What resolver found of a domain's mail exchangers. */
enum mx {
    MX_FOUND,  /* hosts, the best first; by preference, and at random within */
    MX_NULL,   /* takes no mail: the null MX (RFC 7505) */
    MX_NONE,   /* no such domain, or it has neither MX nor address */
    MX_SELF,   /* we are its best exchanger: to send would be a loop */
    MX_UNKNOWN /* no answer in time, or a name server failed */
};

/* What greylist says of a recipient. */
enum judged {
    JUDGED_PASS,  /* header: fields to put on the message, or nothing */
    JUDGED_DEFER, /* reply: lines "450 4.7.1 text", '\n' between several */
    JUDGED_DEFER_AT_DATA /* the same, but only in answer to DATA */
};

/* When a message is legal. */
enum msg_phase {
    PHASE_SETUP = 1,   /* before the first READY */
    PHASE_RUNNING = 2, /* after it */
    PHASE_ANY = 3
};

struct msg_rule {
    const char *name;
    unsigned from, to; /* bit sets: 1 << enum program */
    unsigned phase;
    unsigned min, max; /* octets of payload */
    enum { FD_NEVER, FD_MAYBE, FD_ALWAYS } fd;
};

extern const struct msg_rule msg_table[MSG_COUNT];

struct msg_header {
    uint16_t magic;
    uint16_t type;
    uint32_t len; /* octets of payload that follow */
    uint64_t id;
};

/*
 * NULL when the message may pass from one program to the other now;
 * otherwise the reason why not, a constant text for the log.
 */
const char *msg_illegal(unsigned type, enum program from, enum program to,
                        unsigned phase, size_t len, bool with_fd);

/* Writing a payload. Too much sets overflow, and nothing more is written. */
struct msg_out {
    size_t len;
    bool overflow;
    unsigned char data[MSG_PAYLOAD];
};
void msg_reset(struct msg_out *o);
void msg_put_u32(struct msg_out *o, uint32_t v);
void msg_put_u64(struct msg_out *o, uint64_t v);
void msg_put_mem(struct msg_out *o, const void *data, size_t len);
void msg_put_str(struct msg_out *o, const char *s);

/*
 * Reading one.  Each returns false, and gives zero or "", when the payload is
 * too short, a string does not fit in size octets with its NUL, or holds a
 * NUL; after one failure all that follow fail.  msg_done is true when all was
 * read, without failure.
 */
struct msg_in {
    const unsigned char *data;
    size_t left;
    bool failed;
};
bool msg_get_u32(struct msg_in *in, uint32_t *v);
bool msg_get_u64(struct msg_in *in, uint64_t *v);
bool msg_get_mem(struct msg_in *in, void *data, size_t len);
bool msg_get_str(struct msg_in *in, char *s, size_t size);
bool msg_done(const struct msg_in *in);

#endif
