/*
 * Setters for names, mail addresses and the mailbox template.
 *
 * As in conf_value.c, a setter sees one value and nothing else; no name is
 * looked up.  Domains and addresses are read by the code that reads them in
 * SMTP, so that a domain compares equal to that of a recipient (lower case,
 * no final dot; RFC 5321 §4.1.2, RFC 6531 §3.3).
 */
#include "lib/address.h"
#include "lib/conf_internal.h"
#include "lib/log.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_numeric(const char *name)
{
    struct in_addr a;

    return inet_pton(AF_INET, name, &a) == 1;
}

void conf_set_hostname(struct conf_reading *r, const struct conf_item *item)
{
    const char *name = item->text;
    size_t len = strlen(name);

    if (!address_is_hostname(name, len) || strchr(name, '.') == NULL ||
        name[len - 1] == '.' || is_numeric(name))
        conf_wrong(r, item,
                   "'%.80s' is not a full host name; write it as in "
                   "mx.example.org",
                   name);
    else
        r->conf->hostname = xstrdup(name);
}

void conf_set_user(struct conf_reading *r, const struct conf_item *item)
{
    const char *name = item->text;
    size_t len = strlen(name);
    bool right = len > 0 && len <= 32 && name[0] != '-';

    for (size_t i = 0; i < len; i++)
        right = right && (isalnum((unsigned char)name[i]) ||
                          strchr("._-", name[i]) != NULL);
    if (!right)
        conf_wrong(r, item, "'%.80s' is not the name of a user", name);
    else if (strcmp(name, "root") == 0)
        conf_wrong(r, item,
                   "root cannot be the user without privileges; make one for "
                   "the purpose, for example tarry");
    else
        r->conf->user = xstrdup(name);
}

bool conf_domain(const char *name, char *out, size_t size)
{
    char text[2 + ADDRESS_DOMAIN + 2];
    struct address a;

    if (snprintf(text, sizeof(text), "x@%s", name) >= (int)sizeof(text) ||
        address_parse(text, ADDRESS_UTF8, &a) != ADDRESS_OK || a.literal ||
        is_numeric(name))
        return false;
    return snprintf(out, size, "%s", a.domain) < (int)size;
}

static void add_domain(struct conf_reading *r, const struct conf_item *item,
                       struct strings *domains)
{
    char domain[ADDRESS_DOMAIN + 1];

    if (!conf_domain(item->text, domain, sizeof(domain))) {
        conf_wrong(r, item,
                   "'%.80s' is not a domain; write it as in example.org, "
                   "without @ or *",
                   item->text);
        return;
    }
    for (size_t i = 0; i < domains->n; i++)
        if (strcmp(domains->v[i], domain) == 0) {
            conf_wrong(r, item, "'%.80s' is listed twice", item->text);
            return;
        }
    conf_append(domains, domain);
}

void conf_set_domain(struct conf_reading *r, const struct conf_item *item)
{
    add_domain(r, item, &r->conf->domains);
}

void conf_set_relay_domain(struct conf_reading *r, const struct conf_item *item)
{
    add_domain(r, item, &r->conf->queue.relay_domains);
}

void conf_set_postmaster(struct conf_reading *r, const struct conf_item *item)
{
    struct address a;

    if (address_parse(item->text, ADDRESS_UTF8, &a) != ADDRESS_OK)
        conf_wrong(r, item,
                   "'%.80s' is not an address; write it as in "
                   "admin@example.org",
                   item->text);
    else
        r->conf->postmaster = xstrdup(item->text);
}

void conf_set_detail(struct conf_reading *r, const struct conf_item *item)
{
    if (strlen(item->text) > 1 ||
        strspn(item->text, "+-=") < strlen(item->text))
        conf_wrong(r, item,
                   "'%.80s' cannot separate user and detail; write \"+\", "
                   "\"-\", \"=\", or \"\" for none",
                   item->text);
    else
        r->conf->detail_separator = xstrdup(item->text);
}

/* What is wrong with a mailbox template; NULL: nothing. */
static const char *template_mistake(const char *path, bool system)
{
    const char *p = strchr(path, '%'), *slash;
    bool user = false;

    if (system)
        return p == NULL ? NULL
                         : "holds %; below a home a plain path stands, such "
                           "as \"~/Maildir\"";
    if (path[0] != '/')
        return "is not a whole path; begin it with /, or with ~/ for a "
               "Maildir in each home of a system account";
    slash = strchr(path + 1, '/');
    if (p != NULL && (slash == NULL || p < slash))
        return "must begin with a directory that is the same for all, as in "
               "\"/var/mail/vhosts/%d/%u\"";
    for (; p != NULL; p = strchr(p + 2, '%')) {
        if (p[1] == '\0' || strchr("du%", p[1]) == NULL)
            return "holds a % that is none of %u (user), %d (domain) and %% "
                   "(a percent sign)";
        user = user || p[1] == 'u';
    }
    return user ? NULL : "has no %u, so that all users would share one mailbox";
}

void conf_set_mailboxes(struct conf_reading *r, const struct conf_item *item)
{
    bool system = strncmp(item->text, "~/", 2) == 0;
    const char *mistake = template_mistake(item->text, system);

    if (mistake == NULL && strlen(item->text) > CONF_PATH)
        mistake = "is too long; the most is 255 octets";
    if (mistake == NULL && system && item->text[2] == '\0')
        mistake = "names no folder; write \"~/Maildir\"";
    if (mistake != NULL) {
        conf_wrong(r, item, "'%.80s' %s", item->text, mistake);
        return;
    }
    r->conf->mailboxes = xstrdup(item->text);
    r->conf->mailboxes_system = system;
}

void conf_mailboxes_folder(const struct conf *c, char *out, size_t size)
{
    const char *template = c->mailboxes;
    size_t len = strcspn(template, "%");

    if (template[len] != '\0')
        while (len > 0 && template[len - 1] != '/')
            len--;
    while (len > 0 && template[len - 1] == '/')
        len--;
    snprintf(out, size, "%.*s", (int)len, template);
}
