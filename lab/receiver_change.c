/*
 * Settings with a few of their values changed ("delay=1m"), see receiver.h.
 *
 * The value is read by the code that reads tarry.conf, as a line of a section
 * greylist beside the values of the file, so that it is checked as if it stood
 * there.  Only what a single word says can be changed: no lists, no replies.
 */
#include "lab/receiver_parts.h"

#include <stdio.h>
#include <string.h>

#define FIELD(f) \
    offsetof(struct conf, greylist.f), sizeof(((struct conf *)0)->greylist.f)

static const struct {
    const char *name;
    size_t at, size;
} options[] = {
    {"delay", FIELD(delay_sec)},
    {"window", FIELD(window_sec)},
    {"pass", FIELD(pass_sec)},
    {"auto-allow", FIELD(auto_allow)},
    {"identity", FIELD(identity)},
    {"ipv4-prefix", FIELD(ipv4_prefix)},
    {"ipv6-prefix", FIELD(ipv6_prefix)},
    {"mode", FIELD(mode)},
    {"null-sender", FIELD(null_at_data)},
};
#define OPTIONS (sizeof(options) / sizeof(*options))

static int refuse(const char *change, char *err, size_t size)
{
    int n = snprintf(err, size, "%s: must be KEY=VALUE with a KEY of:", change);

    for (size_t i = 0; i < OPTIONS && n > 0 && (size_t)n < size; i++)
        n += snprintf(err + n, size - (size_t)n, " %s", options[i].name);
    return -1;
}

static bool is_word(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return n > 0 && text[n] == '\0';
}

/* A duration of the file, unless it is the one that changes. */
static void keep(char *text, size_t size, const char *key, unsigned sec,
                 const char *changed)
{
    size_t n = strlen(text);

    if (strcmp(key, changed) != 0)
        snprintf(text + n, size - n, "%s = %us\n", key, sec);
}

int receiver_change(struct conf *c, const char *change, char *err, size_t size)
{
    const char *equals = strchr(change, '=');
    char key[32], text[512] = "hostname = \"mx.example.org\"\n"
                              "domains = { \"example.org\" }\n"
                              "mailboxes = \"/var/mail/%u\"\ngreylist {\n";
    size_t i = 0, n;
    struct conf *new;

    if (equals == NULL || !is_word(equals + 1))
        return refuse(change, err, size);
    snprintf(key, sizeof(key), "%.*s", (int)(equals - change), change);
    while (i < OPTIONS && strcmp(options[i].name, key) != 0)
        i++;
    if (i == OPTIONS)
        return refuse(change, err, size);
    keep(text, sizeof(text), "delay", c->greylist.delay_sec, key);
    keep(text, sizeof(text), "window", c->greylist.window_sec, key);
    n = strlen(text);
    snprintf(text + n, sizeof(text) - n, "%s = %.40s }\n", key, equals + 1);
    new = conf_parse(change, text, strlen(text), err, size);
    if (new == NULL)
        return -1;
    memcpy((char *)c + options[i].at, (char *)new + options[i].at,
           options[i].size);
    conf_free(new);
    return 0;
}
