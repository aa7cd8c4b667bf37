/*
 * The table of messages, and the reading and writing of their payloads.
 *
 * A reader looking for what one program can do to another finds all of it in
 * msg_table.  The payload functions never read or write out of bounds,
 * whatever the peer sent.
 */
#include "lib/msg.h"

#include <string.h>

#define PARENT   (1u << PROGRAM_PARENT)
#define SIGNER   (1u << PROGRAM_SIGNER)
#define SMTPD    (1u << PROGRAM_SMTPD)
#define RESOLVER (1u << PROGRAM_RESOLVER)
#define DELIVER  (1u << PROGRAM_DELIVER)
#define GREYLIST (1u << PROGRAM_GREYLIST)
#define QUEUE    (1u << PROGRAM_QUEUE)
#define RELAY    (1u << PROGRAM_RELAY)
#define CHILDREN \
    (SIGNER | SMTPD | RESOLVER | DELIVER | GREYLIST | QUEUE | RELAY)
#define TEXT 1024 /* a path, a reason */

/* clang-format off */
const struct msg_rule msg_table[MSG_COUNT] = {
    /*  type            name         from      to        phase         min  max          fd */
    [MSG_CONFIG]    = {"CONFIG",    PARENT,          CHILDREN,        PHASE_ANY,     2,  2 + TEXT,    FD_ALWAYS},
    [MSG_FILE]      = {"FILE",      PARENT,          CHILDREN,        PHASE_ANY,     10, 10 + TEXT,   FD_ALWAYS},
    [MSG_LISTEN]    = {"LISTEN",    PARENT,          SMTPD | GREYLIST | QUEUE, PHASE_ANY,     4,  4,           FD_ALWAYS},
    [MSG_PEER]      = {"PEER",      PARENT,          CHILDREN,        PHASE_ANY,     8,  8,           FD_ALWAYS},
    [MSG_GO]        = {"GO",        PARENT,          CHILDREN,        PHASE_ANY,     0,  0,           FD_NEVER},
    [MSG_TRY]       = {"TRY",       PARENT,          CHILDREN,        PHASE_SETUP,   0,  0,           FD_NEVER},
    [MSG_STOP]      = {"STOP",      PARENT,          CHILDREN,        PHASE_ANY,     0,  0,           FD_NEVER},
    [MSG_READY]     = {"READY",     CHILDREN,        PARENT,          PHASE_ANY,     0,  0,           FD_NEVER},
    [MSG_REFUSED]   = {"REFUSED",   CHILDREN,        PARENT,          PHASE_ANY,     2,  2 + 4096,    FD_NEVER},
    [MSG_PING]      = {"PING",      PARENT,          CHILDREN,        PHASE_RUNNING, 0,  0,           FD_NEVER},
    [MSG_PONG]      = {"PONG",      CHILDREN,        PARENT,          PHASE_RUNNING, 0,  0,           FD_NEVER},
    [MSG_LOST]      = {"LOST",      SMTPD | QUEUE,   PARENT,          PHASE_RUNNING, 8,  8,           FD_NEVER},
    [MSG_SIGN]      = {"SIGN",      SMTPD,           SIGNER,          PHASE_RUNNING, 39, 39 + 32 + 4096, FD_NEVER},
    [MSG_SIGNED]    = {"SIGNED",    SIGNER,          SMTPD,           PHASE_RUNNING, 0,  2048,        FD_NEVER},
    [MSG_NAME]      = {"NAME",      SMTPD,           RESOLVER,        PHASE_RUNNING, 8,  20,          FD_NEVER},
    [MSG_NAMED]     = {"NAMED",     RESOLVER,        SMTPD,           PHASE_RUNNING, 6,  6 + 255,     FD_NEVER},
    [MSG_CHECK]     = {"CHECK",     SMTPD | QUEUE,   DELIVER,         PHASE_RUNNING, 4,  512,         FD_NEVER},
    [MSG_CHECKED]   = {"CHECKED",   DELIVER,         SMTPD | QUEUE,   PHASE_RUNNING, 4,  MSG_PAYLOAD, FD_NEVER},
    [MSG_OPEN]      = {"OPEN",      SMTPD | QUEUE,   DELIVER,         PHASE_RUNNING, 12, MSG_PAYLOAD, FD_NEVER},
    [MSG_OPENED]    = {"OPENED",    DELIVER | QUEUE, SMTPD | QUEUE,   PHASE_RUNNING, 4,  4,           FD_MAYBE},
    [MSG_COMMIT]    = {"COMMIT",    SMTPD | QUEUE,   DELIVER | QUEUE, PHASE_RUNNING, 8,  8,           FD_NEVER},
    [MSG_COMMITTED] = {"COMMITTED", DELIVER | QUEUE, SMTPD | QUEUE,   PHASE_RUNNING, 4,  4,           FD_NEVER},
    [MSG_ABORT]     = {"ABORT",     SMTPD | QUEUE,   DELIVER | QUEUE, PHASE_RUNNING, 0,  0,           FD_NEVER},
    [MSG_MX]        = {"MX",        QUEUE,           RESOLVER,        PHASE_RUNNING, 7,  MSG_PAYLOAD, FD_NEVER},
    [MSG_MX_FOUND]  = {"MX_FOUND",  RESOLVER,        QUEUE,           PHASE_RUNNING, 12, MSG_PAYLOAD, FD_NEVER},
    [MSG_JOB]       = {"JOB",       QUEUE,           RELAY,           PHASE_RUNNING, 32, MSG_PAYLOAD, FD_ALWAYS},
    [MSG_DOT]       = {"DOT",       RELAY,           QUEUE,           PHASE_RUNNING, 0,  0,           FD_NEVER},
    [MSG_RESULT]    = {"RESULT",    RELAY,           QUEUE,           PHASE_RUNNING, 22, 8192,        FD_NEVER},
    [MSG_JOB_DONE]  = {"JOB_DONE",  RELAY,           QUEUE,           PHASE_RUNNING, 6,  6 + TEXT,    FD_NEVER},
    [MSG_END]       = {"END",       QUEUE,           RELAY,           PHASE_RUNNING, 0,  0,           FD_NEVER},
    [MSG_CONTROL]   = {"CONTROL",   PARENT,          GREYLIST | QUEUE, PHASE_RUNNING, 2,  2 + TEXT,    FD_ALWAYS},
    [MSG_SPOOL]     = {"SPOOL",     SMTPD,           QUEUE,           PHASE_RUNNING, 14, MSG_PAYLOAD, FD_NEVER},
    [MSG_JUDGE]     = {"JUDGE",     SMTPD,    GREYLIST, PHASE_RUNNING, 34,  34 + 2048,   FD_NEVER},
    [MSG_JUDGED]    = {"JUDGED",    GREYLIST, SMTPD,    PHASE_RUNNING, 8,   8 + 2048,    FD_NEVER},
};
/* clang-format on */

const char *msg_illegal(unsigned type, enum program from, enum program to,
                        unsigned phase, size_t len, bool with_fd)
{
    const struct msg_rule *r;

    if (type >= MSG_COUNT)
        return "no such message";
    r = &msg_table[type];
    if (from == to)
        return "from a program to itself";
    if (!(r->from & 1u << from))
        return "the sender may not send it";
    if (!(r->to & 1u << to))
        return "the receiver may not receive it";
    if (!(r->phase & phase))
        return "not legal yet";
    if (len < r->min)
        return "too short";
    if (len > r->max)
        return "too long";
    if (with_fd && r->fd == FD_NEVER)
        return "a descriptor that has no place";
    if (!with_fd && r->fd == FD_ALWAYS)
        return "a descriptor is missing";
    return NULL;
}

void msg_reset(struct msg_out *o)
{
    o->len = 0;
    o->overflow = false;
}

void msg_put_mem(struct msg_out *o, const void *data, size_t len)
{
    if (o->overflow || len > sizeof(o->data) - o->len) {
        o->overflow = true;
        return;
    }
    memcpy(o->data + o->len, data, len);
    o->len += len;
}

void msg_put_u32(struct msg_out *o, uint32_t v)
{
    msg_put_mem(o, &v, sizeof(v));
}

void msg_put_u64(struct msg_out *o, uint64_t v)
{
    msg_put_mem(o, &v, sizeof(v));
}

void msg_put_str(struct msg_out *o, const char *s)
{
    size_t len = strlen(s);
    uint16_t n = (uint16_t)len;

    if (len > UINT16_MAX) {
        o->overflow = true;
        return;
    }
    msg_put_mem(o, &n, sizeof(n));
    msg_put_mem(o, s, len);
}

bool msg_get_mem(struct msg_in *in, void *data, size_t len)
{
    if (in->failed || in->left < len) {
        in->failed = true;
        memset(data, 0, len);
        return false;
    }
    memcpy(data, in->data, len);
    in->data += len;
    in->left -= len;
    return true;
}

bool msg_get_u32(struct msg_in *in, uint32_t *v)
{
    return msg_get_mem(in, v, sizeof(*v));
}

bool msg_get_u64(struct msg_in *in, uint64_t *v)
{
    return msg_get_mem(in, v, sizeof(*v));
}

bool msg_get_str(struct msg_in *in, char *s, size_t size)
{
    uint16_t len;

    s[0] = '\0';
    if (!msg_get_mem(in, &len, sizeof(len)))
        return false;
    if (len > in->left || len >= size || memchr(in->data, '\0', len) != NULL) {
        in->failed = true;
        return false;
    }
    memcpy(s, in->data, len);
    s[len] = '\0';
    in->data += len;
    in->left -= len;
    return true;
}

bool msg_done(const struct msg_in *in)
{
    return !in->failed && in->left == 0;
}
