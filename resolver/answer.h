/*
 * A DNS answer, read from the message (RFC 1035 §4, RFC 2308).
 *
 * Pure: octets in, the records of one type out.  Aliases (CNAME) are followed
 * within the message, which is how delegations of a part of an octet work
 * (RFC 2317).  Of a message of any length only the first ANSWER_RECORDS
 * records are ever looked at.
 */
#ifndef TARRY_RESOLVER_ANSWER_H
#define TARRY_RESOLVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define ANSWER_RECORDS 256
#define ANSWER_NAME    1026 /* octets of any name as text, with its NUL */

enum answer_status {
    ANSWER_OK,    /* at least one record */
    ANSWER_NONE,  /* no such name, or it has no such record */
    ANSWER_FAILED /* the server failed, did not answer, or wrote nonsense */
};

struct answer {
    enum answer_status status;
    bool malformed;   /* FAILED, because the message cannot be read */
    unsigned ttl_sec; /* the least of all records used; of NONE, what the
                         zone says (0 when it does not) */
    size_t n;
    struct answer_record {
        const unsigned char *data; /* RDATA, within the message */
        size_t len;
    } records[ANSWER_RECORDS];
    const unsigned char *message;
    size_t message_len;
};

/*
 * Reads the answer to a question for records of a type (ns_t_a ...) at name,
 * without a final dot.  The message must outlive the answer.
 */
void answer_read(struct answer *a, const unsigned char *message, size_t len,
                 const char *name, unsigned type);

/*
 * The domain name that begins offset octets into a record (0 in a PTR, 2 in
 * an MX), as text, with odd octets escaped by a backslash. False when it is
 * malformed.
 */
bool answer_name(const struct answer *a, const struct answer_record *r,
                 size_t offset, char name[ANSWER_NAME]);

#endif
