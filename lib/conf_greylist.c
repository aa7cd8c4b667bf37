/*
 * Setters for the section greylist: its choices, and the lists whose entries
 * only the program greylist reads.
 *
 * Whether an entry of a list, or a line of the reply, means something is not
 * known here: greylist says so, and refuses the settings.
 */
#include "lib/conf_internal.h"
#include "lib/log.h"

#include <stdio.h>
#include <string.h>

/* The place of the value among the words, or -1 and a mistake. */
static int choice(struct conf_reading *r, const struct conf_item *item,
                  const char *const *words, int n)
{
    char list[128] = "";

    for (int i = 0; i < n; i++) {
        size_t len = strlen(list);

        if (strcmp(item->text, words[i]) == 0)
            return i;
        snprintf(list + len, sizeof(list) - len, "%s%s",
                 i == 0 ? "" : (i == n - 1 ? " or " : ", "), words[i]);
    }
    conf_wrong(r, item, "'%.80s' is none of its values; write %s", item->text,
               list);
    return -1;
}

void conf_set_greylist_mode(struct conf_reading *r,
                            const struct conf_item *item)
{
    static const char *const words[] = {"on", "off", "observe"};
    int i = choice(r, item, words, 3);

    if (i >= 0)
        r->conf->greylist.mode = (enum conf_greylist_mode)i;
}

void conf_set_identity(struct conf_reading *r, const struct conf_item *item)
{
    static const char *const words[] = {"domain", "network", "address"};
    int i = choice(r, item, words, 3);

    if (i >= 0)
        r->conf->greylist.identity = (unsigned)i;
}

void conf_set_null_sender(struct conf_reading *r, const struct conf_item *item)
{
    static const char *const words[] = {"data", "rcpt"};

    r->conf->greylist.null_at_data = choice(r, item, words, 2) == 0;
}

bool conf_is_file(const char *entry)
{
    return entry[0] == '/' && entry[strlen(entry) - 1] != '/';
}

void conf_set_entry(struct conf_reading *r, const struct conf_item *item)
{
    size_t len = strlen(item->text);

    if (len == 0 || len > CONF_PATH)
        conf_wrong(r, item, "a value has 1 to %d octets", CONF_PATH);
    else
        conf_append(
            (struct strings *)(void *)((char *)r->conf + item->option->offset),
            item->text);
}

void conf_set_url(struct conf_reading *r, const struct conf_item *item)
{
    for (const char *p = item->text; *p != '\0'; p++)
        if (*p <= ' ' || *p >= 0x7f) {
            conf_wrong(r, item, "holds a space, or what is not ASCII");
            return;
        }
    if (strlen(item->text) > CONF_PATH)
        conf_wrong(r, item, "is longer than %d octets", CONF_PATH);
    else
        r->conf->greylist.url = xstrdup(item->text);
}
