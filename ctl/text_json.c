/*
 * Strangers' texts in JSON, which must be UTF-8: RFC 8259 §8.1.  Envelope
 * addresses and names given with EHLO need not be.
 */
#include "ctl/text_json.h"

#include "lib/log.h"

#include <stdlib.h>

json_t *text_json(const char *text)
{
    json_t *out = json_string(text);
    char *copy;

    if (out != NULL)
        return out;
    copy = xstrdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    out = json_string(copy);
    free(copy);
    return out;
}
