/*
 * What mail systems pack into the local part of a sender.
 *
 *   prvs=0123abcdef=user       BATV (draft-levine-smtp-batv): key, day, hash
 *   prvs=user/0123abcdef       its older form
 *   msprvs1=tag=user, btv1==tag==user        the same idea by others
 *   SRS0=hash=tt=domain=user   SRS: a forwarder's, with a date
 *   SRS1=hash=forwarder==hash=tt=domain=user a second forwarder's
 *   base+SRS=hash=tt=domain=user             as one company writes it
 *   user+detail                the user's own choice
 *   base-recipient=domain      VERP: whom the message went to
 *   base-recipient**domain     the same, of a list server
 *
 * Nothing is verified, and what does not fit is left as it is: the result is
 * compared with others of its like, never used as an address.
 */
#include "greylist/normal_parts.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool begins(const char *s, const char *with)
{
    return strncasecmp(s, with, strlen(with)) == 0;
}

/* "0123abcdef" of BATV: a digit, three of the day, six of the hash. */
static bool is_prvs_tag(const char *s, size_t len)
{
    return len == 10 && strspn(s, "0123456789") >= 4 &&
           strspn(s, "0123456789abcdefABCDEF") >= 10;
}

/* Behind the tag, or NULL. */
static char *behind_prvs(char *s)
{
    char *second = strpbrk(s, "=/");

    if (second == NULL)
        return NULL;
    if (!is_prvs_tag(s, (size_t)(second - s)) &&
        is_prvs_tag(second + 1, strlen(second + 1))) {
        *second = '\0';
        return s;
    }
    return second + 1;
}

static char *without_tag(char *s)
{
    char *user = NULL;

    if (begins(s, "prvs=")) {
        user = behind_prvs(s + 5);
    } else if (begins(s, "msprvs1=")) {
        user = strchr(s + 8, '=');
        user = user != NULL ? user + 1 : NULL;
    } else if (begins(s, "btv1==")) {
        user = strstr(s + 6, "==");
        user = user != NULL ? user + 2 : NULL;
    }
    return user != NULL && user[0] != '\0' ? user : s;
}

/* Behind the n-th '=' from s on, or NULL. */
static char *behind(char *s, unsigned n)
{
    for (; n > 0 && s != NULL; n--) {
        s = strchr(s, '=');
        if (s != NULL)
            s++;
    }
    return s;
}

/* "SRS0=", "SRS1=", where the '=' may be '+' or '-' too (its fields' not). */
static bool is_srs(const char *s)
{
    return begins(s, "srs") && (s[3] == '0' || s[3] == '1') && s[4] != '\0' &&
           strchr("=+-", s[4]) != NULL;
}

/* Sets base and origin; returns the user, or NULL if it is no SRS address. */
static char *unwrap_srs(char *s, struct sender_parts *out)
{
    char *fields, *user;

    out->base = "";
    if (is_srs(s)) {
        fields = s + 5;
        if (s[3] == '1') { /* past hash, forwarder, and one separator more */
            fields = behind(fields, 2);
            fields = fields != NULL && fields[0] != '\0' ? fields + 1 : NULL;
        }
    } else {
        fields = strcasestr(s, "+srs=");
        if (fields == NULL)
            return NULL;
        fields += 5;
        out->base = s;
    }
    /* Neither hash nor date has a dot: a normal form is without them. */
    if (fields != NULL && fields[strcspn(fields, ".=")] != '.')
        fields = behind(fields, 2);
    user = behind(fields, 1);
    if (user == NULL)
        return NULL;
    user[-1] = '\0';
    if (out->base == s)
        *strcasestr(s, "+srs=") = '\0';
    out->origin = fields;
    return user;
}

static bool is_domain(const char *s)
{
    return strchr(s, '.') != NULL &&
           s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789.-_")] == '\0';
}

static void cut_recipient(char *s)
{
    char *equals = strrchr(s, '='), *stars = strstr(s, "**");
    char *cut = NULL;

    if (stars != NULL)
        cut = memchr(s, '*', (size_t)(stars - s + 1));
    else if (equals != NULL && is_domain(equals + 1))
        cut = memrchr(s, '-', (size_t)(equals - s));
    if (cut != NULL && cut > s)
        *cut = '\0';
}

static void cut_detail(char *s)
{
    char *plus = strchr(s, '+');

    if (plus != NULL && plus > s)
        *plus = '\0';
}

void normal_parts(char *local, struct sender_parts *out)
{
    char *s = without_tag(local), *user;

    out->origin = NULL;
    user = unwrap_srs(s, out);
    if (user == NULL)
        user = s;
    user = without_tag(user);
    cut_detail(user);
    cut_recipient(user);
    out->user = user;
}
