/*
 * The reply to a deferred recipient, from a template of the settings.
 *
 * A template is one or several lines, each of which may itself have several,
 * apart by '\n'.  The first begins with the code, 421, 450 or 451, and then
 * may have an enhanced code (4.7.1 if not); later ones may repeat both or have
 * neither, as all lines get the same (RFC 5321 §4.2.1, RFC 2034 §4).  In it:
 *
 *   %w  the wait for people: "39 seconds", "5 minutes", "1 hour"
 *   %s  the wait in seconds           %m  in minutes, rounded up
 *   %r  the recipient                 %c  the client's address
 *   %h  our host name                 %u  the URL of the settings
 *   %%  a percent sign
 */
#ifndef TARRY_GREYLIST_REPLY_H
#define TARRY_GREYLIST_REPLY_H

#include <stddef.h>
#include <stdint.h>

#define REPLY_LINE 500  /* octets of a line at most, whatever is filled in */
#define REPLY_TEXT 1024 /* all lines and a NUL: struct verdict's reply */

struct reply_template;

/*
 * Reads and checks it; url may be NULL.  Returns NULL with what is wrong in
 * err, without a line's end.
 */
struct reply_template *reply_template_new(const char *const *lines, size_t n,
                                          const char *hostname, const char *url,
                                          char *err, size_t size);
void reply_template_free(struct reply_template *t); /* NULL is fine */

struct reply_values {
    uint32_t wait_sec;
    const char *recipient; /* as address_text() writes it */
    const char *client;    /* as netaddr_text() does */
};

/* Writes lines "450 4.7.1 text", '\n' between several; printable ASCII. */
char *reply_template_write(const struct reply_template *t,
                           const struct reply_values *v, char out[REPLY_TEXT]);

#endif
