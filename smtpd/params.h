/* ESMTP parameters of MAIL and RCPT (RFC 5321 §4.1.2, esmtp-param). */
#ifndef TARRY_PARAMS_H
#define TARRY_PARAMS_H

#include "lib/dsn_words.h"

#include <stdint.h>

/* What a client may use of them. */
enum params_known {
    PARAMS_DSN = 1, /* RFC 3461 */
    PARAMS_UTF8 = 2 /* SMTPUTF8 was given with MAIL */
};

struct mail_params {
    bool size_given, body_given, utf8;
    bool eight_bit; /* BODY=8BITMIME */
    uint64_t size;  /* RFC 1870; UINT64_MAX when larger than that */
    enum { RET_NONE, RET_FULL, RET_HDRS } ret;
    char envid[DSN_ENVID]; /* as it came; "" for none */
};

struct rcpt_params {
    unsigned notify;       /* enum dsn_notify; 0: not given */
    char orcpt[DSN_ORCPT]; /* as it came; "" for none */
};

enum params_result {
    PARAMS_OK,
    PARAMS_UNKNOWN,  /* 555 5.5.4 */
    PARAMS_MALFORMED /* 501 5.5.4: also given twice */
};

/* text is what follows the path: "" or " KEY=VALUE KEY". */
enum params_result params_mail(const char *text, size_t len, unsigned known,
                               struct mail_params *out);
enum params_result params_rcpt(const char *text, size_t len, unsigned known,
                               struct rcpt_params *out);

#endif
