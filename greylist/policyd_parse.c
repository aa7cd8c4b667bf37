/*
 * The policy delegation protocol of Postfix, see policyd_parse.h.
 *
 * Whoever speaks to the socket is only half trusted: lines and their number
 * are bounded, and nothing is kept but fields of a fixed size.  A value that
 * cannot be right (a client that is no address, a NUL) makes the request
 * unusable, which means "let it through": what we do not understand is for
 * Postfix to judge.  What strangers choose can only be too long, and is cut.
 *
 * Only RCPT is a question.  At DATA there may be several recipients, and at
 * the other states none; Postfix is told to go on.  So a null sender waits at
 * RCPT here, whatever null-sender says.
 */
#include "greylist/policyd_parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void policyd_begin(struct policyd_request *r)
{
    r->attributes = 0;
    r->is_policy = r->is_rcpt = r->authenticated = false;
    r->has_recipient = r->unusable = false;
    r->client.family = 0;
    r->name[0] = r->helo[0] = r->instance[0] = '\0';
    memset(&r->sender, 0, sizeof(r->sender));
    memset(&r->recipient, 0, sizeof(r->recipient));
}

static bool is(const char *value, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(value, word, len) == 0;
}

/* A copy with a final NUL, or false. */
static bool copy(const char *value, size_t len, char *out, size_t size)
{
    out[0] = '\0';
    if (len >= size || memchr(value, '\0', len) != NULL)
        return false;
    memcpy(out, value, len);
    out[len] = '\0';
    return true;
}

/*
 * Postfix writes addresses as it understood them, which is looser than RFC
 * 5321, and knows none of its limits: what does not parse is parted at its last
 * '@', and what is too long is cut, so that nobody gets past us with it.
 */
static bool set_address(const char *value, size_t len, struct address *out)
{
    char text[ADDRESS_TEXT];
    const char *at;
    size_t local, domain;

    memset(out, 0, sizeof(*out));
    if (len == 0 || is(value, len, "<>"))
        return true;
    if (memchr(value, '\0', len) != NULL)
        return false;
    if (copy(value, len, text, sizeof(text)) &&
        address_parse(text, ADDRESS_POSTMASTER | ADDRESS_UTF8, out) ==
            ADDRESS_OK)
        return true;
    memset(out, 0, sizeof(*out));
    at = memrchr(value, '@', len);
    local = at != NULL ? (size_t)(at - value) : len;
    domain = at != NULL ? len - local - 1 : 0;
    memcpy(out->local, value, local < ADDRESS_LOCAL ? local : ADDRESS_LOCAL);
    for (size_t i = 0; i < domain && i < ADDRESS_DOMAIN; i++)
        out->domain[i] = (char)tolower((unsigned char)at[1 + i]);
    return true;
}

static bool set_client(struct policyd_request *r, const char *value, size_t len)
{
    char text[NETADDR_TEXT];

    r->client.family = 0;
    return copy(value, len, text, sizeof(text)) &&
           netaddr_parse(text, &r->client);
}

/* The verified name; what does not look like one counts as none. */
static bool set_name(struct policyd_request *r, const char *value, size_t len)
{
    r->name[0] = '\0';
    if (is(value, len, "unknown") || !address_is_hostname(value, len))
        return true;
    if (!copy(value, len, r->name, sizeof(r->name)))
        return false;
    for (char *p = r->name; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return true;
}

/* Attributes that mean something to us; all others have none of these names. */
enum attribute {
    REQUEST,
    PROTOCOL_STATE,
    CLIENT_ADDRESS,
    CLIENT_NAME,
    HELO_NAME,
    SENDER,
    RECIPIENT,
    INSTANCE,
    SASL_USERNAME,
    UNKNOWN
};

static enum attribute attribute_of(const char *name, size_t len)
{
#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
    static const struct {
        const char *text;
        size_t len;
    } names[UNKNOWN] = {[REQUEST] = NAME("request"),
                        [PROTOCOL_STATE] = NAME("protocol_state"),
                        [CLIENT_ADDRESS] = NAME("client_address"),
                        [CLIENT_NAME] = NAME("client_name"),
                        [HELO_NAME] = NAME("helo_name"),
                        [SENDER] = NAME("sender"),
                        [RECIPIENT] = NAME("recipient"),
                        [INSTANCE] = NAME("instance"),
                        [SASL_USERNAME] = NAME("sasl_username")};
#undef NAME

    for (unsigned i = 0; i < UNKNOWN; i++)
        if (len == names[i].len && memcmp(name, names[i].text, len) == 0)
            return (enum attribute)i;
    return UNKNOWN;
}

/* False when the value cannot be what its name says. */
static bool set(struct policyd_request *r, enum attribute attribute,
                const char *value, size_t len)
{
    switch (attribute) {
    case REQUEST:
        r->is_policy = is(value, len, "smtpd_access_policy");
        return true;
    case PROTOCOL_STATE:
        r->is_rcpt = is(value, len, "RCPT");
        return true;
    case CLIENT_ADDRESS:
        return set_client(r, value, len);
    case CLIENT_NAME:
        return set_name(r, value, len);
    case HELO_NAME:
        return copy(value, len < sizeof(r->helo) ? len : sizeof(r->helo) - 1,
                    r->helo, sizeof(r->helo));
    case SENDER:
        return set_address(value, len, &r->sender);
    case RECIPIENT:
        r->has_recipient = len > 0;
        return set_address(value, len, &r->recipient);
    case INSTANCE:
        /* One that is too long is as good as none. */
        (void)copy(value, len, r->instance, sizeof(r->instance));
        return true;
    case SASL_USERNAME:
        r->authenticated = len > 0;
        return true;
    default:
        return true;
    }
}

/* One line without its end; false when it is none of the protocol. */
static bool read_line(struct policyd_request *r, const char *line, size_t len)
{
    const char *equals = memchr(line, '=', len);

    if (equals == NULL || r->attributes++ == POLICYD_ATTRIBUTES)
        return false;
    if (!set(r, attribute_of(line, (size_t)(equals - line)), equals + 1,
             len - (size_t)(equals + 1 - line)))
        r->unusable = true;
    return true;
}

enum policyd_event policyd_read(struct policyd_request *r, const char *text,
                                size_t len, size_t *used)
{
    const char *line = text, *end;
    size_t left = len, n;

    *used = 0;
    while ((end = memchr(line, '\n', left)) != NULL) {
        n = (size_t)(end - line);
        left -= n + 1;
        *used += n + 1;
        if (n >= POLICYD_LINE)
            return POLICYD_BROKEN;
        if (n > 0 && line[n - 1] == '\r')
            n--;
        if (n == 0)
            return r->attributes > 0 ? POLICYD_REQUEST : POLICYD_BROKEN;
        if (!read_line(r, line, n))
            return POLICYD_BROKEN;
        line = end + 1;
    }
    return left >= POLICYD_LINE ? POLICYD_BROKEN : POLICYD_MORE;
}

bool policyd_is_question(const struct policyd_request *r)
{
    return r->is_policy && r->is_rcpt && r->has_recipient && !r->unusable &&
           r->client.family != 0;
}

void policyd_attempt(const struct policyd_request *r, struct rcpt *a)
{
    *a = (struct rcpt){.client = r->client,
                       .name = r->name,
                       .sender = &r->sender,
                       .recipient = &r->recipient,
                       .authenticated = r->authenticated};
}

/* All lines of a reply as one, which is what an action can be. */
static size_t add_reply(const char *reply, char *out, size_t len)
{
    const char *codes = reply, *line = reply;
    size_t skip = 4 + strcspn(reply + 4, " ") + 1; /* "450 4.7.1 " */

    /* 450 is what DEFER_IF_PERMIT says by itself. */
    if (strncmp(reply, "450 ", 4) == 0)
        codes += 4;
    while (*line != '\0') {
        const char *end = strchrnul(line, '\n');
        const char *from = line == reply ? codes : line + skip;

        if (line != reply) {
            out[len++] = ';';
            out[len++] = ' ';
        }
        if (from < end) {
            memcpy(out + len, from, (size_t)(end - from));
            len += (size_t)(end - from);
        }
        line = *end == '\n' ? end + 1 : end;
    }
    return len;
}

static size_t add(const char *text, char *out, size_t len)
{
    size_t n = strlen(text);

    memcpy(out + len, text, n);
    return len + n;
}

size_t policyd_answer(const struct judgement *j, bool with_header,
                      char out[POLICYD_ANSWER])
{
    size_t len = add("action=", out, 0);

    if (j->judged != JUDGED_PASS) {
        if (strncmp(j->reply, "450 ", 4) == 0)
            len = add("DEFER_IF_PERMIT ", out, len);
        len = add_reply(j->reply, out, len);
    } else if (j->header[0] != '\0' && with_header) {
        len = add("PREPEND ", out, len);
        len = add(j->header, out, len) - 1; /* without its line end */
    } else {
        len = add("DUNNO", out, len);
    }
    return add("\n\n", out, len);
}
