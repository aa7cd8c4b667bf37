/* ESMTP parameters of MAIL and RCPT (RFC 5321 §4.1.2, esmtp-param). */
#ifndef TARRY_PARAMS_H
#define TARRY_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mail_params {
    bool size_given, body_given, utf8;
    bool eight_bit; /* BODY=8BITMIME */
    uint64_t size;  /* RFC 1870; UINT64_MAX when larger than that */
};

enum params_result {
    PARAMS_OK,
    PARAMS_UNKNOWN,  /* 555 5.5.4 */
    PARAMS_MALFORMED /* 501 5.5.4: also given twice */
};

/* text is what follows the path: "" or " KEY=VALUE KEY". */
enum params_result params_mail(const char *text, size_t len,
                               struct mail_params *out);
/* RCPT has none yet. */
enum params_result params_rcpt(const char *text, size_t len);

#endif
